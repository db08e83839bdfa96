"""Recipes: what people launch."""

if __name__ == "recipes":
    raise ImportError("import keepif.recipes: this folder is that package (see [tool.setuptools] in pyproject.toml)")
