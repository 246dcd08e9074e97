"""What will be shown, as values: view models that know no toolkit."""
