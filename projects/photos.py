"""Making the public copies of a photograph: upright, small, and silent about where it was taken."""

import io
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

from tuoxian_portal.core.uploads import CheckedUpload, check_upload

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000  # phones make up to 50 million; more is a bomb or a scan
MIN_SIDE = 200
LARGE, SMALL = 1600, 480  # longest side of the copies, in pixels
QUALITY = {LARGE: 80, SMALL: 72}


@dataclass(frozen=True)
class Copy:
    """A WebP without any metadata."""

    content: ContentFile
    width: int
    height: int


@dataclass(frozen=True)
class Developed:
    upload: CheckedUpload
    large: Copy
    small: Copy


def develop(file: File) -> Developed:
    """Checks `file` (JPG or PNG) and makes its copies.

    A JPEG is decoded no larger than needed, a picture beyond `MAX_PIXELS` not at all. Raises
    `ValidationError` with one sentence.
    """
    checked = check_upload(file, kinds=("jpg", "png"), limit=MAX_BYTES)
    stream = checked.file
    stream.seek(0)
    try:
        with Image.open(stream, formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(
                    f"照片“{checked.name}”像素过多，请用手机相册缩小到 5000 万像素以内后再上传。", code="bomb"
                )
            if min(picture.size) < MIN_SIDE:
                raise ValidationError(
                    f"照片“{checked.name}”太小（短边不足 {MIN_SIDE} 像素），请上传原图。", code="too_small"
                )
            picture.draft("RGB", (LARGE, LARGE))
            upright = ImageOps.exif_transpose(picture)
            plain = _flattened(upright)
    except ValidationError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(f"照片“{checked.name}”打不开，请重新拍照后再上传。", code="damaged") from error
    large = _copy(plain, LARGE)
    small = _copy(plain, SMALL)
    stream.seek(0)
    return Developed(checked, large, small)


def _flattened(picture: Image.Image) -> Image.Image:
    """RGB on white, as a new image: nothing of the file's metadata comes along."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        ground = Image.new("RGB", seen.size, "white")
        ground.paste(seen, mask=seen.getchannel("A"))
        return ground
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    return plain


def _copy(picture: Image.Image, side: int) -> Copy:
    made = picture.copy()
    made.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    made.save(buffer, "WEBP", quality=QUALITY[side], method=4)
    return Copy(ContentFile(buffer.getvalue()), made.width, made.height)
