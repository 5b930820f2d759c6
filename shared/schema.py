"""Every table of the house in one metadata: foreign keys name tables by text, so each process must know all."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import shared.datasets.tables
import shared.endpoints.tables
import shared.events.tables
import shared.jobs.tables
import shared.models.tables
import shared.provider.tables
import shared.security.tables
import shared.work.tables  # noqa: F401 (each import adds its tables)

METADATA: MetaData = SQLModel.metadata
