"""The public names of Dagster by their meaning to a reader; calls of names in no table are reported. Names of 1.12 to 1.13.29."""

from __future__ import annotations

import re
from typing import Final

from transload_dagster.codecs.keywords import KEYWORDS
from transload_dagster.codecs.partitions import PARAMETERS

DEFINING: Final = frozenset({
    "AssetChecksDefinition", "AssetSensorDefinition", "AssetsDefinition", "BindResourcesToJobs", "Component",
    "DefinitionsComponent", "DefsFolderComponent", "FunctionComponent", "GraphDefinition", "JobDefinition",
    "MultiAssetSensorDefinition", "PythonScriptComponent", "RepositoryDefinition", "RunStatusSensorDefinition",
    "SensorDefinition", "SqlComponent", "StateBackedComponent", "TemplatedSqlComponent", "UvRunComponent",
    "apply_freshness_policy", "build_anomaly_detection_freshness_checks", "build_column_schema_change_checks",
    "build_component_defs", "build_defs_for_component", "build_last_update_freshness_checks",
    "build_metadata_bounds_checks", "build_sensor_for_freshness_checks", "build_time_partition_freshness_checks",
    "component_defs", "component_instance", "create_repository_using_definitions_args",
    "get_all_components_defs_within_project", "get_component_defs_within_project", "link_code_references_to_git",
    "make_email_on_run_failure_sensor", "map_asset_specs", "multi_observable_source_asset", "with_resources",
    "with_source_code_references",
})  # fmt: skip
"""They make or change definitions, and only running them tells which."""

LOADING: Final = frozenset({
    "definitions", "load_asset_checks_from_current_module", "load_asset_checks_from_modules",
    "load_asset_checks_from_package_module", "load_asset_checks_from_package_name",
    "load_assets_from_current_module", "load_assets_from_modules", "load_assets_from_package_module",
    "load_assets_from_package_name", "load_definitions_from_current_module", "load_definitions_from_module",
    "load_definitions_from_modules", "load_definitions_from_package_module", "load_definitions_from_package_name",
    "load_defs", "load_from_defs_folder", "repository",
})  # fmt: skip
"""They say which modules belong to a code location."""

_VALUES: Final = frozenset({
    "AnchorBasedFilePathMapping", "Any", "Array", "AssetCheckKey", "AssetKey", "AssetSelection",
    "AutoMaterializeAssetPartitionsFilter", "AutoMaterializePolicy", "AutoMaterializeRule", "AutomationCondition",
    "AutomationContext", "AutomationResult", "BackfillPolicy", "Bool", "BoolMetadataValue", "CodeLocationSelector",
    "CodeReferencesMetadataValue", "Config", "ConfigMapping", "DagsterAssetMetadataValue",
    "DagsterJobMetadataValue", "DagsterRunMetadataValue", "DagsterType", "Enum", "EnumValue", "EnvVar", "Field",
    "FilePathMapping", "Float", "FloatMetadataValue", "FreshnessPolicy", "Int", "IntMetadataValue", "JobSelector",
    "JsonMetadataValue", "LegacyFreshnessPolicy", "List", "LocalFileCodeReference", "Map", "MarkdownMetadataValue",
    "MetadataEntry", "MetadataValue", "MultiPartitionKey", "Noneable", "NotebookMetadataValue", "Nothing",
    "NullMetadataValue", "Partition", "PartitionKeyRange", "PartitionMapping", "PartitionsDefinition",
    "PathMetadataValue", "Permissive", "PermissiveConfig", "PoolMetadataValue", "PythonArtifactMetadataValue",
    "PythonObjectDagsterType", "RepositorySelector", "RetryPolicy", "RunConfig", "ScalarUnion", "Selector", "Shape",
    "String", "TableColumn", "TableColumnConstraints", "TableColumnDep", "TableColumnLineage",
    "TableColumnLineageMetadataValue", "TableConstraints", "TableMetadataValue", "TableRecord", "TableSchema",
    "TableSchemaMetadataValue", "TextMetadataValue", "TimeWindow", "TimestampMetadataValue", "TypingAny",
    "TypingTuple", "UrlCodeReference", "UrlMetadataValue",
})  # fmt: skip
"""Arguments of definitions: each is read, or reported, where it is given."""

_RUNNING: Final = frozenset({
    "AddDynamicPartitionsRequest", "AssetAttributesModel", "AssetCheckEvaluation", "AssetCheckExecutionContext",
    "AssetCheckResult", "AssetExecutionContext", "AssetJobKey", "AssetMaterialization", "AssetObservation",
    "AssetRecordsFilter", "AssetValueLoader", "Callable", "ComponentFormConfig", "ComponentLoadContext",
    "ComponentTree", "ComponentTypeSpec", "ConfigSchema", "ConfigurableIOManager", "ConfigurableIOManagerFactory",
    "ConfigurableLegacyIOManagerAdapter", "ConfigurableResource", "DagsterEvent", "DagsterInstance",
    "DagsterLibraryRegistry", "DagsterLogManager", "DagsterRun", "DagsterTypeLoader", "DagsterTypeLoaderContext",
    "DataProvenance", "DataVersion", "DataVersionsByPartition", "DefaultRunLauncher",
    "DeleteDynamicPartitionsRequest", "DependencyDefinition", "DynamicOut", "DynamicOutput",
    "EvaluateAutomationConditionsResult", "EventLogEntry", "EventLogRecord", "EventRecordsFilter",
    "EventRecordsResult", "ExecuteInProcessResult", "Executor", "ExecutorDefinition", "ExpectationResult",
    "FileHandle", "FilesystemIOManager", "Final", "GraphIn", "GraphOut", "HookContext", "HookDefinition",
    "HookExecutionResult", "IAttachDifferentObjectToOpContext", "IOManager", "IOManagerDefinition", "In",
    "InMemoryIOManager", "InitExecutorContext", "InitLoggerContext", "InitResourceContext", "Injected",
    "InputContext", "InputManager", "InputManagerDefinition", "InputMapping", "JobExecutionResult",
    "JsonLogFormatter", "LocalFileHandle", "LoggerDefinition", "Mapping", "MaterializeResult",
    "MigrateIOStorageResult", "Model", "MultiAssetSensorEvaluationContext", "MultiDependencyDefinition",
    "NodeInvocation", "ObserveResult", "OpDefinition", "OpExecutionContext", "Out", "Output", "OutputContext",
    "OutputMapping", "PaginatedResults", "PartitionedConfig", "PendingNodeInvocation",
    "PipesBlobStoreMessageReader", "PipesClient", "PipesClientCompletedInvocation", "PipesCompositeMessageReader",
    "PipesContextInjector", "PipesEnvContextInjector", "PipesExecutionResult", "PipesFileContextInjector",
    "PipesFileMessageReader", "PipesLaunchedData", "PipesLogReader", "PipesMessageHandler", "PipesMessageReader",
    "PipesSession", "PipesSubprocessClient", "PipesTempFileContextInjector", "PipesTempFileMessageReader",
    "QueuedRunCoordinator", "ReexecutionOptions", "RepositoryData", "ResolutionContext", "Resolvable",
    "ResolvedAssetCheckSpec", "ResolvedAssetKey", "ResolvedAssetSpec", "Resolver", "ResourceDefinition",
    "ResourceDependency", "ResourceParam", "RunFailureSensorContext", "RunRecord", "RunRequest",
    "RunShardedEventsCursor", "RunStatusChangeRecordsFilter", "RunStatusSensorContext", "RunsFilter",
    "ScaffoldRequest", "Scaffolder", "ScheduleEvaluationContext", "SensorEvaluationContext", "SensorResult",
    "SensorReturnTypesUnion", "Sequence", "SkipReason", "StepExecutionContext", "StepLauncher", "StepRunRef",
    "SubmitRunContext", "TypeCheck", "TypeCheckContext", "UPathDefsStateStorage", "UPathIOManager",
    "build_asset_check_context", "build_asset_context", "build_hook_context", "build_init_logger_context",
    "build_init_resource_context", "build_input_context", "build_multi_asset_sensor_context", "build_op_context",
    "build_output_context", "build_reconstructable_job", "build_resources", "build_run_status_sensor_context",
    "build_schedule_context", "build_sensor_context", "check_dagster_type", "colored_console_logger",
    "config_from_files", "config_from_pkg_resources", "config_from_yaml_strings", "config_mapping", "configured",
    "custom_path_fs_io_manager", "dagster_type_loader", "daily_partitioned_config", "default_loggers",
    "default_system_loggers", "deprecation_warning", "deserialize_value", "dynamic_partitioned_config",
    "evaluate_automation_conditions", "execute_job", "executor", "external_instance_from_step_run_ref",
    "failure_hook", "file_relative_path", "fs_io_manager", "get_dagster_logger", "graph",
    "hourly_partitioned_config", "in_process_executor", "input_manager", "instance_for_test", "io_manager", "job",
    "json_console_logger", "local_file_manager", "logger", "make_python_type_usable_as_dagster_type",
    "make_values_resource", "materialize", "materialize_to_memory", "mem_io_manager", "migrate_io_storage",
    "monthly_partitioned_config", "multi_or_in_process_executor", "multiple_process_executor_requirements",
    "multiprocess_executor", "op", "open_pipes_session", "partition_loading_context", "partitioned_config",
    "raise_execution_interrupts", "reconstructable", "resource", "resources", "run_step_from_ref",
    "scaffold_component", "scaffold_with", "serialize_value", "static_partitioned_config",
    "step_context_to_step_run_ref", "step_run_ref_to_step_context", "success_hook", "template_var",
    "usable_as_dagster_type", "validate_run_config", "weekly_partitioned_config",
})  # fmt: skip
"""They run, test or configure; what they define is no asset, nor what starts one."""

_TABLES: Final = frozenset({name.removeprefix("dagster.") for name in (*KEYWORDS, *PARAMETERS)})

KNOWN: Final = DEFINING | LOADING | _VALUES | _RUNNING | _TABLES
"""Every name that some table has."""


_INTEGRATION: Final = "dagster_"
"""The start of the names of packages that bring definitions of other tools' assets."""
# `dbt_assets`, `load_assets_from_dbt_project`, `build_airbyte_assets_definitions`: integrations keep to these names.
_DECORATING: Final = re.compile(r".*_assets?|(load|build|create|make)_.*(asset|def|schedule|sensor|check)s?(_.*)?")


def made_by(name: str) -> str | None:
    """The name of a call or decorator, without its package, if only running it tells what it defines.

    That is one of `DEFINING`, one of an integration, or a public one that no table has.
    """
    package, _, called = name.partition(".")
    first, last = called.partition(".")[0], called.rpartition(".")[2]
    if package == "dagster":
        unknown = first in DEFINING or first not in KNOWN
    else:
        unknown = package.startswith(_INTEGRATION) and _DECORATING.fullmatch(last) is not None
    return called if called and unknown else None
