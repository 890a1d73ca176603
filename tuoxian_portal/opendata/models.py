"""What each public dataset held when it was last looked at."""

from django.db import models


class DatasetState(models.Model):
    """`digest` is of all rows, so that `changed_at` moves exactly when somebody who downloads the dataset
    would notice: also when a row was withdrawn, a date passed, or a related record was renamed."""

    key = models.CharField(max_length=60, unique=True)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
