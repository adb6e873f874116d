"""Forms (申报表单): prefilled from the registries, each field with its source, and the application package."""
