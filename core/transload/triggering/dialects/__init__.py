"""What each tool makes of a trigger: pure models, which the tools themselves judge in the tests."""
