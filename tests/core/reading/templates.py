"""Tables of which programs are made; `programs.py` says what the signs in them mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

# fmt: off
ATOMS: Final[Mapping[str, Sequence[str]]] = {
    "int": ("0", "1", "2", "3", "-1", "7", "10", "255"),
    "float": ("0.0", "1.0", "-0.0", "2.5", "1e3", "-1.5"),
    "bool": ("True", "False"),
    "str": ("''", "'a'", "'b'", "'ab'", "'Ab_c'", "'x/y.csv'", "'1'", "'10'", '"it\'s"', "'%s-%s'", "'{}'", "'é'"),
    "bytes": ("b''", "b'ab'", "b'a-b'"),
    "ints": ("[]", "[1]", "[1, 2, 3]", "[3, 1, 2, 1]", "[0, -1]"),
    "strs": ("[]", "['a']", "['b', 'a']", "['x', 'y', 'x']", "['']"),
    "pair": ("(1, 'a')", "(0, '')", "(2, 'b')"),
    "map": ("{}", "{'a': 1}", "{'b': 2, 'a': 1}", "{'': 0, 'x': -1}"),
    "set": ("set()", "{1}", "{3, 1, 2}", "{0, 1}"),
    "opt": ("None", "'a'", "''"),
    "date": ("date(2024, 2, 29)", "datetime(2024, 1, 31, 5, 30)", "date(2023, 12, 1)"),
    "moment": ("datetime(2024, 1, 31, 5, 30)", "datetime(2023, 12, 1)"),
    "delta": ("timedelta(days=1)", "timedelta(hours=-2)", "timedelta(0)", "timedelta(minutes=90)"),
    "path": ("Path('a')", "Path('a/b.csv')", "Path('/x') / 'y.tar.gz'", "Path('.')"),
    "any": ("None", "...", "1j", "0", "False", "0.0", "''", "()", "[]", "1", "True", "1.0", "frozenset()", "b''"),
}

SPECS: Final = ("", ":>6", ":<6", ":^6", ":06", ":d", ":x", ":,", ":.2f", ":s", ":r>4", ":+")
ANYTHING: Final = ("int", "float", "bool", "str", "ints", "strs", "pair", "map", "set", "opt", "date", "delta", "any", "bytes")

EXPRESSIONS: Final[Mapping[str, Sequence[str]]] = {
    "int": (
        "<int> + <int>", "<int> - <int>", "<int> * <int>", "<int> // <int>", "<int> % <int>", "<int> & <int>",
        "<int> | <int>", "<int> ^ <int>", "-<int>", "+<bool>", "~<int>", "<int> << 2", "<int> >> 1", "abs(<int>)",
        "len(<str>)", "len(<ints>)", "len(<map>)", "len(<set>)", "len(range(<int>))", "<ints>[<int>]", "<map>[<str>]",
        "<map>.get(<str>, <int>)", "max(<ints>)", "min(<ints>, default=<int>)", "max(<int>, <int>)", "sum(<ints>)",
        "sum(<ints>, <int>)", "sum(@ for @ in <ints> if <bool @:int>)", "<int> if <bool> else <int>", "<int> and <int>",
        "<int> or <int>", "int(<bool>)", "int(<float>)", "int(<str>)", "int(<str>, 16)", "<str>.count(<str>)", "<str>.find(<str>)",
        "<str>.index(<str>)", "<ints>.index(<int>)", "<ints>.count(<int>)", "(lambda @, #=<int>: <int @:int #:int>)(<int>)",
        "(lambda *@, **#: len(@) + len(#))(*<ints>, **<map>)", "<date>.day", "<date>.month",
        "<date>.weekday()", "<delta>.days", "round(<float>)", "math.floor(<float>)", "ord(<str>)", "<pair>[0]",
        "next(iter(<ints>), <int>)", "divmod(<int>, <int>)[0]", "<bool> + <int>", "len({*<ints>, *<set>})", "<set>.pop()",
        "max(<strs>, key=len, default='').count('a')", "functools.reduce(lambda @, #: @ + #, <ints>, 0)", "range(<int>)[<int>]",
        "dict(zip(<strs>, <ints>)).get(<str>, 0)", "<map>.pop(<str>, <int>)", "int.from_bytes(<bytes>, 'big')", "getattr(<date>, 'year')",
        "(<int>).bit_length()", "len(list(<str>))", "sorted(<ints>)[0]", "pow(<int>, 2)", "<map>.setdefault(<str>, <int>)",
    ),
    "float": (
        "<float> + <int>", "<float> - <float>", "<float> * <int>", "<int> / <int>", "<float> // <float>", "<float> % <int>",
        "-<float>", "float(<int>)", "float(<str>)", "abs(<float>)", "round(<float>, 1)", "<delta>.total_seconds()",
        "<delta> / <delta>", "<float> ** 2", "<float> if <bool> else <float>", "max(<int>, <float>)", "sum([<float>, <int>])", "<float> or <float>",
    ),
    "bool": (
        "<int> < <int>", "<int> <= <int>", "<int> > <float>", "<int> >= <int>", "<int> == <float>", "<int> != <int>",
        "<int> < <int> <= <int>", "<int> == <int> != <bool>", "<str> == <str>", "<str> < <str>", "<str> in <str>", "<int> in <ints>",
        "<int> not in <set>", "<str> in <map>", "<str> not in <strs>", "<opt> is None", "<opt> is not None", "<any> is None",
        "<any> is not None", "<any> == <any>", "<any> != <any>", "<bool> is True", "<bool> is not False", "<any> is True", "<any> is False",
        "not <any>", "not <ints>", "<bool> and <bool>", "<bool> or <bool>", "bool(<any>)", "bool(<str>)", "all(<ints>)",
        "any(<ints>)", "any(<bool @:int> for @ in <ints>)", "all(<bool @:str> for @ in <strs>)", "isinstance(<any>, (int, str))",
        "isinstance(<any>, bool)", "isinstance(<any>, (list, tuple))", "isinstance(<any>, float)", "<str>.startswith(<str>)", "<str>.endswith(('a', 'b'))",
        "<str>.isdigit()", "<str>.isupper()", "<date> == <date>", "<moment> < <moment>", "<delta> >= <delta>", "<ints> == <ints>",
        "<ints> < <ints>", "<set> <= <set>", "<set> < <set>", "<set> == <set>", "<map> == <map>", "<pair> == <pair>", "<pair> > <pair>",
        "<any> in <any1>", "<any> not in (1, None, '')", "<path> == <path>", "<bytes> == <bytes>", "<int> in range(<int>)",
        "<set>.isdisjoint(<ints>)", "callable(len)", "<ints> is <ints>", "<any> in <map>.values()", "<int> in (@ for @ in <ints>)",
        "range(<int>) == range(<int>)", "range(<int>) == <ints>", "bool(@ for @ in <ints>)", "bool(map(str, <ints>))", "bool(zip(<ints>))",
        "<map>.keys() == <map>.keys()", "list(<map>) == <strs>", "<float> == <float>", "(not <int>) is <bool>", "hasattr(<str>, 'upper')",
        "bool(filter(None, <ints>))", "issubclass(bool, int)", "isinstance(range(<int>), list)", "isinstance(<int>, (int, type(None)))",
    ),
    "str": (
        "<str> + <str>", "<str> * <small>", "<str>[<int>:]", "<str>[:<int>]", "<str>[::-1]", "<str>[<int>:<int>]", "<str>[<int>]",
        "<str>.upper()", "<str>.lower()", "<str>.strip('a')", "<str>.replace(<str>, <str>)", "<str>.title()", "<str>.capitalize()",
        "<str>.zfill(5)", "<str>.ljust(4, '.')", "<str>.center(5)", "<str>.join(<strs>)", "<str>.split('a')[0]", "<str>.partition('/')[2]",
        "<str>.removesuffix('b')", "<str>.removeprefix('a')", "<str> % (<str>, <int>)", "'%d-%s' % (<int>, <any>)", "'%(a)s' % {'a': <any>}",
        "'{}/{}'.format(<str>, <int>)", "'{b}-{a!r}'.format(a=<str>, b=<int>)", "'{:>4}'.format(<int>)", "str(<int>)", "str(<float>)", "str(<any>)",
        "repr(<str>)", "repr(<any>)", "str(<ints>)", "f'{<any>}'", "f'{<any>!r}'", "f'{<str>!s}-{<int>}'", "f'{<int>SPEC}'", "f'{<str>SPEC}'",
        "f'{<float>SPEC}'", "f'{<any>SPEC}'", "f'{<str>!r:>{<small>}}'", "f'{<str>=}'", "f'{<date>:%Y-%m}'", "<str> if <bool> else <str>", "<str> or <str>", "<str> and <str>",
        "<opt> or <str>", "<strs>[<int>]", "<pair>[1]", "max(<strs>)", "chr(<small> + 65)", "hex(<int>)", "bin(<int>)", "<date>.isoformat()",
        "<date>.strftime('%d/%m/%Y')", "str(<date>)", "str(<delta>)", "str(<path>)", "f'{<path>}'", "<path>.name", "<path>.stem", "<path>.suffix", "<path>.as_posix()",
        "str(<path>.parent)", "os.path.join(<str>, <str>)", "os.path.basename(<str>)", "os.path.splitext(<str>)[1]", "json.dumps(<map>)", "json.dumps(<any>)",
        "<bytes>.decode()", "''.join(sorted(<str>))", "''.join(@ for @ in <str> if <bool @:str>)", "(lambda @: <str @:str>)(<str>)", "str(range(<int>))",
        "format(<int>, 'x')", "str(map(str, <ints>))[:4]", "f'{<map>.keys()}'", "''.join(reversed(<str>))", "str(<bool>)", "ascii(<str>)",
        "next((@ for @ in <strs> if <bool @:str>), <str>)", "str(<map>)", "str(<set>)", "str(<pair>)", "type(<any>).__name__", "'-'.join(map(str, <ints>))",
        "<str>.translate({97: 'z'})", "<str>.format_map(<map>)", "<strs>.pop()", "<str>.expandtabs()", "min(<str>, <str>, key=len)",
    ),
    "bytes": ("<bytes> + <bytes>", "<str>.encode()", "<bytes>[1:]", "<bytes>.upper()", "<bytes> * 2", "bytes([<small>])"),
    "ints": (
        "[<int>, <int>]", "[*<ints>, <int>]", "<ints> + <ints>", "<ints> * <small>", "<ints>[<int>:]", "<ints>[::-1]", "<ints>[::2]", "list(range(<int>))",
        "list(range(<int>, <int>, 2))", "sorted(<ints>)", "sorted(<ints>, reverse=<bool>)", "sorted(<ints>, key=lambda @: -@)", "sorted(<set>)", "list(<ints>)",
        "[<int @:int> for @ in <ints>]", "[<int @:int> for @ in <ints> if <bool @:int>]", "[<int @:int #:int> for @ in <ints> for # in <ints>]",
        "[<int @:str #:int> for @, # in <map>.items()]", "[<int @:int #:str> for @, # in enumerate(<strs>)]", "list(<map>.values())",
        "list(map(lambda @: <int @:int>, <ints>))", "list(filter(None, <ints>))", "list(filter(lambda @: <bool @:int>, <ints>))", "list(reversed(<ints>))",
        "<ints> if <bool> else <ints>", "<ints> or <ints>", "<ints>.copy()", "copy.deepcopy(<ints>)", "[@ for @ in range(<int>)]", "list(itertools.chain(<ints>, <ints>))",
        "[ord(@) for @ in <str>]", "list({@: # for @, # in zip(<strs>, <ints>)}.values())", "[len(@) for @ in <strs>]", "[<int> for @ in <strs> for # in range(len(@))]",
        "[@ + # for @, # in zip(<ints>, <ints>)]", "list(dict.fromkeys(<ints>))", "[*range(<int>), *sorted(<set>)]", "[@ for # in [<ints>, <ints>] for @ in #]", "json.loads(json.dumps(<ints>))",
    ),
    "strs": (
        "[<str>, <str>]", "[*<strs>, <str>]", "<strs> + <strs>", "<str>.split('/')", "<str>.split()", "<strs>[1:]", "sorted(<strs>)", "sorted(<strs>, key=len, reverse=<bool>)",
        "[<str @:str> for @ in <strs>]", "[<str @:str> for @ in <strs> if <bool @:str>]", "list(<map>)", "list(<map>.keys())", "[*<map>]", "list(<str>)", "[f'{@}-{#}' for @, # in enumerate(<strs>, 1)]",
        "list(map(str, <ints>))", "list(map(str.upper, <strs>))", "[@ for @ in <str>]", "<strs> if <bool> else <strs>", "sorted({*<strs>})", "list(<path>.parts)", "<str>.splitlines()",
        "[@ for @, # in <map>.items() if <bool @:str #:int>]", "[@ for @ in <strs> if @ not in <strs>]", "sorted(<map>, key=<map>.get)",
    ),
    "pair": ("(<int>, <str>)", "divmod(<int>, <int>) and (<int>, <str>)", "tuple([<int>, <str>])", "<pair> if <bool> else <pair>", "next(zip(<ints>, <strs>))", "(*[<int>], <str>)"),
    "map": (
        "{<str>: <int>}", "{**<map>, <str>: <int>}", "<map> | <map>", "dict(<map>)", "dict(a=<int>, b=<int>)", "dict(<map>, a=<int>)", "{@: <int @:str> for @ in <strs>}",
        "{@: # for @, # in <map>.items() if <bool @:str #:int>}", "dict(zip(<strs>, <ints>))", "<map>.copy()", "dict.fromkeys(<strs>, <int>)", "<map> if <bool> else <map>", "<map> or <map>",
        "{@: @ + 0 if False else # for #, @ in enumerate(<strs>)}", "copy.copy(<map>)", "dict([<pair>[::-1]])", "dict(sorted(<map>.items()))", "{str(@): @ for @ in <ints>}", "json.loads(json.dumps(<map>))",
    ),
    "set": (
        "{<int>, <int>}", "<set> | <set>", "<set> & <set>", "<set> - <set>", "<set> ^ <set>", "set(<ints>)", "{<int @:int> for @ in <ints>}", "{@ for @ in <set> if <bool @:int>}", "<set>.union(<ints>)",
        "<set>.intersection(<set>)", "<set>.difference(<ints>)", "{*<ints>}", "<set> if <bool> else <set>", "set(<map>.values())",
    ),
    "opt": ("<str> if <bool> else None", "<opt> or None", "<map>.get(<str>) and <str>", "{'a': <str>}.get(<str>)", "<opt> if <opt> is not None else <str>", "None if <bool> else <str>", "<opt> and <opt>"),
    "date": (
        "<date> + <delta>", "<date> - <delta>", "<date>.replace(day=1)", "<moment>.date()", "date.fromisoformat('2024-01-31')", "date(2024, <small>, <small>)", "<date> if <bool> else <date>",
        "max([<moment>, <moment>])", "datetime.strptime('2024-03-01', '%Y-%m-%d')", "datetime(2024, 1, <small>, <small>)", "min(<moment>, <moment>)",
    ),
    "moment": ("<moment> + <delta>", "<moment>.replace(hour=<small>)", "datetime.fromisoformat('2024-02-01T03:00:00')", "<moment> if <bool> else <moment>"),
    "delta": ("<delta> + <delta>", "-<delta>", "<delta> * <int>", "timedelta(days=<int>)", "timedelta(hours=<int>, minutes=<small>)", "<moment> - <moment>", "abs(<delta>)", "<delta> // 2", "<delta> if <bool> else <delta>"),
    "path": ("<path> / <str>", "<path>.parent", "<path>.with_suffix('.x')", "Path(<str>)", "Path(<str>, <str>)", "<path> / 'a' / str(<int>)", "<path>.joinpath(<str>)", "<path> if <bool> else <path>", "<path>.with_name('n')"),
    "any": (
        *(f"<{kind}>" for kind in ANYTHING[:-2]),
        "<any> if <bool> else <any>", "<any> or <any>", "<any> and <any>", "[<any>, <any>]", "(<any>,)", "{'k': <any>}", "(lambda: <any>)()", "<any> == <any>", "{'k': <any>}['k']",
        "[<any>, <any>][<small> % 2]", "(<any>, <any>)[<bool>]", "{<any0>: <any>}", "[<any>] * 2", "{<any0>, <any0>}", "(@ for @ in <ints>)", "map(str, <ints>)", "range(<int>)", "<map>.items()", "zip(<ints>, <strs>)",
        "enumerate(<strs>)", "reversed(<ints>)", "complex(<int>, 1)", "<any0> in {<any0>: 1}", "frozenset(<ints>)", "slice(<int>)", "<int> / <int>", "<float> * <int>", "(<any>).nothing", "len", "str.upper", "Path",
    ),
    "any0": ("<int>", "<float>", "<str>", "<bool>", "None", "<pair>", "1.0", "1", "True", "0", "False", "-0.0"),
    "any1": ("[<any>, <any>]", "(<any>, <any>)", "<ints>", "{'a': <any>}", "<strs>", "{<any0>}"),
    "small": ("0", "1", "2", "3", "5"),
}

SIMPLE: Final = ("bind", "bind", "bind", "rebind", "augment", "change", "alias", "unpack", "delete", "shadow", "lazy")
COMPOUND: Final = ("if", "if", "both", "for", "while", "try", "with", "match", "function", "function", "closure", "generator", "class", "class", "enum", "record")
AUGMENTED: Final = (("int", ("+", "-", "//", "%", "|", "&", "^")), ("float", ("+", "*")), ("str", ("+",)), ("ints", ("+",)), ("strs", ("+",)), ("map", ("|",)), ("set", ("|", "-", "&", "^")), ("pair", ("+",)))
CHANGES: Final = (
    ("ints", (".append(<int>)", ".extend(<ints>)", ".insert(0, <int>)", ".pop()", ".remove(<int>)", ".sort()", ".sort(reverse=True)", ".reverse()", ".clear()", "[0] = <int>", "[1:] = <ints>", "[:0] = [<int>]", "[-1] += <int>", ".extend(@ for @ in <ints>)", " *= 2", " += (<int>,)")),
    ("strs", (".append(<str>)", ".sort(key=len)", "[<int>] = <str>", " += <str>")),
    ("map", ("[<str>] = <int>", ".update(<map>)", ".update(a=<int>)", ".pop(<str>, None)", ".pop(<str>)", ".setdefault(<str>, <int>)", ".clear()", "['a'] += 1", ".update([(<str>, <int>)])", ".popitem()", " |= [(<str>, <int>)]")),
    ("set", (".add(<int>)", ".discard(<int>)", ".update(<ints>)", ".remove(<int>)", ".difference_update(<set>)", ".clear()", " |= <set>", ".intersection_update(<set>)")),
)
UNPACKED: Final = (
    ("{0}, {1} = <int>, <str>", ("int", "str")),
    ("{0}, {1} = <pair>", ("int", "str")),
    ("({0}, *{1}) = [<int>, *<ints>]", ("int", "ints")),
    ("*{0}, {1} = <ints>", ("ints", "int")),
    ("[{0}, ({1}, {2})] = <int>, <pair>", ("int", "int", "str")),
    ("{0} = {1} = <ints>", ("ints", "ints")),
    ("{0}, {1} = {1}, {0} = <int>, <int>", ("int", "int")),
    ("{0}: int = <int>", ("int",)),
    ("{0}, {1}, {2} = <ints>", ("int", "int", "int")),
    ("({0} := <int>)", ("int",)),
    ("{0} = [{1} for _ in <ints> if ({1} := len(<strs>)) >= 0]", ("ints", "any")),
    ("{0} = ({1} := <int>) + {1}", ("int", "int")),
    ("assert ({0} := <int>) is not None", ("int",)),
)
LAZY: Final = ("(x for x in SOURCE)", "map(str, SOURCE)", "filter(None, SOURCE)", "zip(SOURCE, <strs>)", "enumerate(SOURCE)", "reversed(SOURCE)", "iter(SOURCE)", "range(len(SOURCE))", "itertools.chain(SOURCE, <ints>)", "{'a': 1}.items()")
USES: Final = ("list(IT)", "[n for n in IT]", "tuple(IT)", "next(IT, None)", "dict(enumerate(IT))", "len(list(IT))", "bool(IT)", "IT == []", "1 in IT", "[*IT]", "sorted(IT, key=str)", "str(IT)[:1]", "isinstance(IT, list)", "IT is IT")
LOOPS: Final = (
    ("{0} in list(<ints>)", ("int",)), ("{0} in list(<strs>)", ("str",)), ("{0} in range(<int>)", ("int",)), ("{0}, {1} in dict(<map>).items()", ("str", "int")), ("{0}, {1} in enumerate(list(<strs>))", ("int", "str")),
    ("{0}, {1} in zip([*<ints>], [*<strs>])", ("int", "str")), ("{0} in sorted(<set>)", ("int",)), ("{0} in list(<str>)", ("str",)), ("{0} in list(<map>)", ("str",)), ("{0}, *{1} in [(<int>, *<ints>)]", ("int", "ints")),
)
RISKY: Final = ("<ints>[<int>]", "<map>[<str>]", "NAME = int(<str>)", "<int> // <int>", "raise ValueError(<str>)", "raise KeyError", "NAME = <int> // <int>", "pass", "<opt>.upper()", "undefined_name", "<ints>.index(<int>)", "assert <bool>", "<ints>.remove(<int>)", "{0} = 1, 2".replace("{0}", "NAME, _"), "<map>.pop(<str>)")
ERRORS: Final = ("ValueError", "KeyError", "IndexError", "(ValueError, LookupError)", "ZeroDivisionError", "Exception", "Exception as error", "ArithmeticError", "TypeError", "AttributeError", "NameError", "AssertionError", "BaseException")
CONTEXTS: Final = ("with contextlib.nullcontext(<int>):", "with contextlib.suppress(Exception):", "with contextlib.nullcontext(), contextlib.suppress(KeyError):", "with contextlib.ExitStack():")
PATTERNS: Final = (
    ("0 | 1", ()), ("None", ()), ("True", ()), ("False", ()), ("'a'", ()), ("[{0}, {1}]", ("int", "int")), ("[{0}, *{1}]", ("int", "ints")), ("({0}, str({1}))", ("int", "str")), ("{{'a': {0}}}", ("int",)),
    ("{{'b': {0}, **{1}}}", ("int", "map")), ("str() as {0}", ("str",)), ("int({0})", ("int",)), ("[]", ()), ("'a' | 'b' as {0}", ("str",)), ("1.0", ()), ("[_, *_]", ()), ("bool()", ()), ("list()", ()), ("[*{0}, 3]", ("ints",)), ("{{}}", ()), ("-1", ()),
)
SIGNATURES: Final = (
    ("a, b=<int>", (("a", "int"), ("b", "int")), ("<int>", "<int>, <int>", "b=<int>, a=<int>", "*<ints>", "<int>, b=<int>", "*[<int>, <int>]")),
    ("a, /, b='x'", (("a", "int"), ("b", "str")), ("<int>", "<int>, b=<str>", "<int>, <str>", "a=<int>")),
    ("*, key, option=<opt>", (("key", "str"), ("option", "opt")), ("key=<str>", "key=<str>, option=None", "option=<opt>, key=<str>", "**{'key': <str>}", "<str>")),
    ("a, *args, **kwargs", (("a", "int"), ("args", "any"), ("kwargs", "map")), ("<int>", "<int>, <int>, k=<int>", "<int>, *<ints>, **<map>")),
    ("", (), ("", "", "1")),
    ("a: int = <int>, *, b: str = <str>", (("a", "int"), ("b", "str")), ("", "<int>", "b=<str>", "<int>, b=<str>", "<int>, c=1", "<int>, a=<int>")),
    ("items=[]", (("items", "ints"),), ("", "<ints>", "items=<ints>")),
    ("name, cron=None", (("name", "str"), ("cron", "opt")), ("<str>", "<str>, '0 5 * * *'", "<str>, cron=<opt>")),
)
DECORATORS: Final = ("@functools.cache", "@functools.lru_cache(maxsize=None)", "@(lambda f: f)", "@(lambda f: lambda *a, **k: 5)")
CLOSURES: Final = (
    "def $1(a):\n    count = <int a:int>\n    def inner(b=<int>):\n        nonlocal count\n        count += b\n        return count\n    inner()\n    return inner\n$2 = $1(<int>)\n$3 = $2()\n$4 = $2(<int>)",
    "$1 = [lambda: n for n in <ints>]\n$2 = [f() for f in $1]",
    "$1 = []\nfor $2 in <ints>:\n    $1.append(lambda n=$2: (n, $2))\n$3 = [f() for f in $1]",
    "def $1(n):\n    return 1 if n < 2 else n * $1(n - 1)\n$2 = $1(<small>)",
    "def $1(f):\n    @functools.wraps(f)\n    def inner(*args, **kwargs):\n        return f(*args, **kwargs)\n    return inner\n@$1\ndef $2(a=1):\n    return a + <int a:int>\n$3 = $2(<int>)",
    "$1 = functools.partial(lambda a, b: a - b, <int>)\n$2 = $1(<int>)\n$3 = $1(b=<int>)\n$4 = functools.partial(max, <int>)(<int>)",
    "$1 = <int>\ndef $2():\n    return $1\n$3 = $2()\n$1 = <int>\n$4 = $2()",
    "$1 = <int>\ndef $2():\n    global $1\n    $1 = <int>\n    return $1\n$3 = $2()\n$4 = $1",
    "$1 = <int>\ndef $2(flag):\n    if flag:\n        $1 = <int>\n    return $1\n$3 = $2(<bool>)",
    "def $1(items):\n    items.append(<int>)\n    return len(items)\n$2 = <ints>\n$3 = $1($2)\n$4 = $1($2)",
    "def $1(n, acc=[]):\n    acc.append(n)\n    return acc\n$2 = $1(<int>)\n$3 = $1(<int>)\n$4 = list($2)",
    "def $1():\n    try:\n        return <int>\n    finally:\n        $2.append(<int>)\n$2 = []\n$3 = $1()",
    "def $1():\n    for n in <ints>:\n        try:\n            if <bool n:int>:\n                continue\n            if <bool n:int>:\n                return n\n        finally:\n            $2.append(n)\n    return None\n$2 = []\n$3 = $1()",
    "def $1(x):\n    if <bool x:int>:\n        raise ValueError(x)\n    return x\ntry:\n    $2 = $1(<int>)\n    $3 = 'ok'\nexcept ValueError:\n    $3 = 'failed'",
    "def $1(a, b=None):\n    return '@daily' if b is None else b\n$2 = $1(<str>)\n$3 = $1(<str>, <opt>)\n$4 = $1(a=<str>, b=<str>)",
    "def $1(*args, sep='-', **kw):\n    return sep.join(map(str, args)) + str(kw)\n$2 = $1(<int>, <str>, sep=<str>, k=<int>)\n$3 = $1(*<ints>, **<map>)",
    "def $1(x):\n    x += <int>\n    def inner():\n        return x\n    x *= 2\n    return inner()\n$2 = $1(<int>)",
    "$1 = {}\nfor $2 in <strs>:\n    def $3(n=$2):\n        return n * 2\n    $1[$2] = $3\n$4 = {k: f() for k, f in $1.items()}",
    "x = <int>\ndef $1():\n    x = <int>\n    return [x for _ in range(2)], (lambda: x)()\n$2 = $1()\n$3 = x",
    "def $1(n):\n    while n > 0:\n        n -= 2\n        if <bool n:int>:\n            break\n    else:\n        return 'done'\n    return n\n$2 = $1(<int>)",
    "$1 = (lambda f: f)(lambda n: n + <int>)(<int>)\n$2 = (lambda *a: a)(*<ints>)\n$3 = (lambda a, *, k=<int>: a + k)(<int>)",
)
GENERATORS: Final = (
    "def $1():\n    yield <int>\n    if <bool>:\n        return\n    yield from <ints>\n$2 = list($1())\n?$3 = sum($1())\n?$4 = next($1())\n?$4 = $1() == [1]\n?$4 = bool($1())",
    "def $1(n):\n    while n:\n        n -= 1\n        yield n\n    return 'end'\n$2 = [*$1(<small>)]\n$3 = $1(2)\n$4 = list($3)\n$5 = list($3)",
    "def $1():\n    if False:\n        yield 1\n$2 = list($1())\n$3 = $1() is None",
    "@contextlib.contextmanager\ndef $1():\n    yield 3\nwith $1() as $2:\n    $3 = $2",
    "def $1():\n    got = yield 1\n    yield got\n$2 = list($1())\n$3 = [a + b for a in $1() if a for b in <ints>]",
    "def $1():\n    try:\n        yield <int>\n    finally:\n        $3.append(1)\n$3 = []\n$2 = list($1())",
)
CLASSES: Final = (
    "class $1:\n    size = <int>\n    names = <strs>\n    both = [size, *names]\n    def __init__(self, a, b=<int>):\n        self.a = a\n        self.b = b\n?        self.size = a\n    def total(self, n=1):\n        return self.a + n * self.size\n    @property\n    def double(self):\n        return self.b * 2\n    @classmethod\n    def make(cls, a):\n        return cls(a, cls.size)\n    @staticmethod\n    def plus(n):\n        return n + <int>\n    def __call__(self, n):\n        return self.a - n\n?    def __len__(self):\n?        return 0\n?    def __bool__(self):\n?        return False\n?    def __eq__(self, other):\n?        return True\n?    def __str__(self):\n?        return 'me'\n?    def __getattr__(self, name):\n?        return name\n?    def __add__(self, other):\n?        return self.a\n?    def __contains__(self, other):\n?        return True\n?    def __getitem__(self, key):\n?        return key\n?    def __iter__(self):\n?        return iter([1, 2])\n$2 = $1(<int>)\n$3 = $2.total(<int>)\n?$4 = $2.double\n?$5 = $1.make(<int>).b\n?$6 = $1.plus(<int>), $2.plus(1)\n?$2.a = <int>\n?$1.size = <int>\n$7 = ($2.a, $2.b, $2.size, $1.size)\n?$8 = $2(<int>)\n?$9 = bool($2)\n?$9 = not $2\n?$9 = 'y' if $2 else 'n'\n?$8 = $2 == $1(1)\n?$8 = $2 != 3\n?$8 = $2 is None\n?$8 = $2 is not None\n?$8 = $2 in [1, $2]\n?$8 = f'{$2}'[:2]\n?$8 = $2 + 1\n?$8 = 1 in $2\n?$8 = $2[3]\n?$8 = list($2)\n?$8 = $2.anything\n?$8 = len($2)\n?$8 = isinstance($2, $1)\n?$8 = $2.__class__.__name__\n?$8 = type($2) is $1\n?$8 = hasattr($2, 'a')\n?$8 = getattr($2, 'a', None), getattr($2, 'zz', <int>)\n?$8 = $2 == $2, $2 is $2\n?$8 = $1(1) == $1(1), $1(1) is $1(1)",
    "class $1:\n    x = <int>\n    def __init__(self, n=<int>):\n        self.n = n\n        self.items = []\n    def get(self):\n        return self.n + self.x\n    def add(self, v):\n        self.items.append(v)\n        return self\n    def kind(self):\n        return 'base'\nclass $2($1):\n    x = <int>\n    def __init__(self, n, extra=<str>):\n        super().__init__(n + 1)\n        self.extra = extra\n    def kind(self):\n        return 'sub ' + super().kind()\n?    def get(self):\n?        return $1.get(self) * 2\n$3 = $2(<int>)\n$4 = $3.get()\n$5 = $3.kind()\n$6 = ($3.n, $3.extra, $3.x, $1.x)\n?$7 = $3.add(<int>).add(<int>).items\n?$8 = $1().get()\n?$9 = isinstance($3, $1), issubclass($2, $1)\n?$1.x = <int>\n?$9 = $3.get()",
    "class $1:\n    values = {}\n    for i in <ints>:\n        values[i] = i * 2\n    if <bool>:\n        flag = <int>\n    else:\n        flag = <str>\n    total = sum(values)\n?    listed = [i for i in values]\n?    wrong = [flag for _ in <ints>]\n$2 = $1.values\n$3 = $1.flag\n?$4 = $1().flag\n?$4 = $1.total",
    "class $1:\n    count = 0\n    def __init__(self):\n        $1.count += 1\n        self.id = $1.count\n$2 = $1()\n$3 = $1()\n$4 = ($2.id, $3.id, $1.count, $2.count)",
    "class $1:\n    tags = []\n    def add(self, v):\n        self.tags.append(v)\n$2 = $1()\n$2.add(<int>)\n$3 = $1().tags\n$4 = $1.tags",
    "class $1:\n    a = <int>\nclass $2($1):\n    b = <int>\nclass $3($1):\n    a = <int>\nclass $4($2, $3):\n    pass\n$5 = $4.a\n$6 = $4().a\n$7 = $4.b",
    "class $1:\n    def __init__(self, n):\n        if n > <int>:\n            self.big = True\n            return\n        self.big = False\n    @property\n    def p(self):\n        return self._p\n    @p.setter\n    def p(self, value):\n        self._p = value + 1\n$2 = $1(<int>)\n$3 = $2.big\n$2.p = <int>\n$4 = $2.p",
    "class $1:\n    x = <int>\n    def f(self):\n        return x\nx = <int>\n$2 = $1().f()\n$3 = $1.__name__, $1.__qualname__, $1.__doc__",
    "def $1(n):\n    class Local:\n        value = n\n        def get(self):\n            return n + self.value\n    return Local()\n$2 = $1(<int>).get()\n$3 = $1(<int>).value",
    "class $1(dict):\n    pass\n$2 = $1(a=<int>)\n$3 = $2['a']\n$4 = bool($1())\n$5 = $1() is None\n$6 = $1() == {}",
    "class $1:\n    def __new__(cls, *args):\n        return <int>\n$2 = $1()\n$3 = $2 is None\n$4 = bool($2)",
    "class $1:\n    __slots__ = ('a',)\n    def __init__(self):\n        self.a = <int>\n    def __enter__(self):\n        return self.a\n    def __exit__(self, *args):\n        return True\nwith $1() as $2:\n    $3 = $2\n    raise ValueError\n$4 = <int>",
    "class $1(Exception):\n    def __init__(self, code):\n        self.code = code\ntry:\n    raise $1(<int>)\nexcept $1 as error:\n    $2 = error.code\n$3 = 'error' in dir()",
    "class $1:\n    def __set_name__(self, owner, name):\n        self.name = name\n    def __get__(self, of, kind):\n        return 5\nclass $2:\n    a = $1()\n$3 = $2.a\n$4 = $2().a",
)
ENUMS: Final = (
    "class $1(Enum):\n    RED = <int>\n    BLUE = 'blue'\n?    GREEN = enum.auto()\n?    ALSO = 'blue'\n?    _ignore_ = []\n?    def text(self):\n?        return self.name.lower()\n?    @property\n?    def loud(self):\n?        return self.name + '!'\n$2 = $1.RED\n$3 = ($2.name, $2.value)\n?$4 = [m.value for m in $1]\n?$4 = [m.name for m in $1]\n?$4 = $1('blue').name\n?$4 = $1['RED'].value\n?$4 = len($1)\n?$5 = $1.RED is $1.RED, $1.RED == $1.RED\n?$5 = $1.RED is $1.BLUE, $1.RED != $1.BLUE\n?$5 = $1.RED == 'blue', 'blue' == $1.BLUE\n?$6 = {$1.RED: 1, $1.BLUE: 2}[$1.BLUE]\n?$6 = $1.RED in (1, $1.BLUE)\n?$6 = $1.RED in $1\n?$6 = $2.text()\n?$6 = $2.loud\n?$6 = bool($1.RED)\n?$6 = $1.ALSO is $1.BLUE, $1.ALSO.name\n?$6 = isinstance($1.RED, $1)\n?$6 = f'{$1.RED.value}-{$1.BLUE.name}'\n?$6 = $1.GREEN.value\n?$6 = $1.RED is None\n?$6 = not $1.RED\n?$7 = list($1.__members__)\n?$7 = str($1.RED)\n?$7 = 'k' if $1.RED == $1('blue') else 'm'",
    "class $1(IntEnum):\n    LOW = <int>\n    HIGH = 5\n$2 = $1.LOW + 1\n$3 = $1.HIGH == 5\n?$4 = $1.LOW < $1.HIGH\n?$4 = f'{$1.HIGH:d}'\n?$4 = [1, 2, 3, 4, 5, 6][$1.HIGH]\n?$4 = bool($1.LOW)\n?$4 = 5 in [$1.HIGH]\n?$4 = $1.HIGH is 5\n?$4 = sorted([$1.HIGH, $1.LOW])[0].name\n?$4 = {5: 'x'}[$1.HIGH]\n?$4 = $1.LOW == $1.HIGH\n?$4 = -$1.HIGH\n?$4 = max($1).value\n?$4 = range($1.HIGH)[2]\n?$4 = 'a' * $1.HIGH\n?$4 = 1 if $1.LOW else 2",
    "class $1(str, Enum):\n    A = 'a'\n    B = <str>\n$2 = $1.A == 'a'\n$3 = $1.A.upper()\n?$4 = $1.B + 'x'\n?$4 = '-'.join([$1.A, $1.A])\n?$4 = 'a' in [$1.A]\n?$4 = {'a': 1}.get($1.A)\n?$4 = $1.A in 'abc'\n?$4 = bool($1.B)\n?$4 = not $1.B\n?$4 = len($1.A)\n?$4 = $1.A.value + $1.A.name\n?$4 = isinstance($1.A, str)\n?$4 = $1('a') is $1.A\n?$4 = $1.A is $1.B\n?$4 = $1.A == $1.B\n?$4 = 'x' if $1.B else 'y'\n?$4 = str.upper($1.A)\n?$4 = json.dumps([$1.A])\n?$4 = $1.A.startswith('a')\n?$4 = {**{$1.A: 1}, 'a': 2}\n?$4 = {$1.A: 1}['a']",
    "class $1(enum.Flag):\n    R = 1\n    W = 2\n$2 = ($1.R | $1.W).value\n$3 = $1.R in ($1.R | $1.W)\n$4 = bool($1.R & $1.W)",
    "$1 = Enum('$1', ['A', 'B'])\n$2 = $1.A.value\n$3 = [m.name for m in $1]",
    "class $1(Enum):\n    A = (1, 'x')\n    B = (2, 'y')\n    def __init__(self, n, label):\n        self.n = n\n        self.label = label\n$2 = $1.A.label\n$3 = $1.B.value\n$4 = [m.n for m in $1]",
)
RECORDS: Final = (
    "@dataclass\nclass $1:\n    a: int\n    b: str = <str>\n    c: list = field(default_factory=list)\n?    d: int = field(default=<int>)\n?    e: int = field(init=False, default=<int>)\n?    LIMIT = <int>\n?    def __post_init__(self):\n?        self.a += 1\n?    def both(self):\n?        return f'{self.a}{self.b}'\n$2 = $1(<int>)\n$3 = ($2.a, $2.b, $2.c)\n?$4 = $1(<int>, <str>, [1]).c\n?$4 = $2 == $1(1)\n?$4 = $1(1, 'x') == $1(1, 'x'), $1(1) != $1(2)\n?$5 = dataclasses.asdict($2)\n?$5 = dataclasses.replace($2, a=<int>).a\n?$5 = $2.both()\n?$5 = $2 is None\n?$5 = bool($2)\n?$5 = $1(b=<str>, a=<int>).b\n?$2.c.append(<int>)\n?$6 = $2.c, $1(1).c\n?$6 = $1.b\n?$6 = $1(1) in [$1(1)]\n?$6 = $1.LIMIT, $2.LIMIT\n?$6 = str($2)[:2]\n?$6 = $2.d\n?$6 = [f.name for f in dataclasses.fields($2)]\n?$6 = $1()",
    "@dataclass(frozen=True, order=True)\nclass $1:\n    a: int = <int>\n    b: str = 'x'\nclass $2($1):\n    pass\n@dataclass\nclass $3($1 if False else object):\n    c: int = <int>\n$4 = {$1(1): 2}.get($1(1))\n$5 = $1(1) < $1(2)\n$6 = $2(b='z').b\n$7 = $3().c\n?$8 = $1(<int>).a = 3\n?$8 = $1(1) == $2(1)\n?$8 = len({$1(1), $1(1)})\n?$8 = sorted([$1(2), $1(1)])[0].a\n?$8 = $1(1) is $1(1)",
    "class $1(NamedTuple):\n    a: int\n    b: str = <str>\n?    def both(self):\n?        return self.b * self.a\n$2 = $1(<int>)\n$3 = $2.a\n$4 = $2[1]\n?$5 = $2 == (1, 'a')\n?$5, $6 = $2\n?$5 = [*$2]\n?$5 = len($2)\n?$5 = $2._replace(a=<int>).a\n?$5 = bool($2)\n?$5 = $2[-1], $2[0:1]\n?$5 = $1(1, 'a') in [(1, 'a')]\n?$5 = isinstance($2, tuple)\n?$5 = $2.both()\n?$5 = {(1, 'a'): 3}.get($1(1, 'a'))\n?$5 = (*$2, 1)\n?$5 = f'{$2}'\n?$5 = $2 + (1,)\n?$5 = 1 in $2\n?$5 = list($2)\n?$5 = $2._asdict()",
    "@dataclass\nclass $1:\n    a: int = <int>\n    b: int = <int>\n@dataclass\nclass $2($1):\n    a: int = <int>\n    c: str = <str>\n?    def __post_init__(self):\n?        self.c = self.c * 2\n$3 = $2()\n$4 = ($3.a, $3.b, $3.c)\n$5 = $2(<int>, <int>, <str>).c\n?$6 = $2(c='q').c",
    "@dataclass(kw_only=True)\nclass $1:\n    a: int\n    b: int = <int>\n$2 = $1(a=<int>)\n$3 = $2.a - $2.b\n?$4 = $1(1)\n?$4 = 5",
)
