"""Files of strangers are read in processes of their own: the engine for figures, `spreadsheet` for copies."""
