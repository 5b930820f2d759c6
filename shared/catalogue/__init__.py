"""The base models of every provider as data: formats, limits, encodings, prices, dates."""

from shared.catalogue.lookup import Catalogue, all_bases, exact, find, suggest
from shared.catalogue.table import PACKAGED, BaseModel, CatalogueError, load

__all__ = ["PACKAGED", "BaseModel", "Catalogue", "CatalogueError", "all_bases", "exact", "find", "load", "suggest"]
