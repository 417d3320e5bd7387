"""Something whose ids checkpoints mean, and which is told apart from others by a checksum."""


class Fingerprinted:
    """Base of vocabularies; `fingerprint` is the SHA-256 of what `save` writes."""

    fingerprint: str

    def check_fingerprint(self, expected: str, where: str = "the checkpoint") -> None:
        """Raise ValueError unless this is the vocabulary that `where` was made with."""
        if self.fingerprint != expected:
            raise ValueError(
                f"The vocabulary does not belong to {where}, whose ids mean other pieces. "
                f"Expected the fingerprint {expected}. Received: {self.fingerprint}. Use the "
                "vocabulary saved in the same run folder, or train again."
            )
