"""The first four ids, the same in every vocabulary of the tasks."""

PAD_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
SPECIAL_PIECES = ("<pad>", "<unk>", "<s>", "</s>")
