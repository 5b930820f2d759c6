"""The border to every provider: foreign words and errors turn into ours here."""
