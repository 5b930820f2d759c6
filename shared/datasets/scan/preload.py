"""What the server that bears the processes of a check has in memory, so that they need not load it"""

from shared.datasets.scan import examiner  # noqa: F401 (imported is enough)
from shared.tokenizer import Counter

#: The encoding of every base that is still trained.
Counter("o200k_base")
