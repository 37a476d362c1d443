namespace Temper.Core.Errors;

/// <summary>Codes of image files and of datasets of images.</summary>
internal static class ImageErrors
{
    private const string Again = "Export the image again from its original, as PNG or JPEG.";

    public static readonly ErrorEntry[] Entries =
    [
        new("IMG_UNSUPPORTED", ErrorKind.Invalid, "The file is no image, or of a kind that is not decoded; PNG and JPEG are.", "Convert it to PNG or JPEG; the message names what was found."),
        new("IMG_TRUNCATED", ErrorKind.Invalid, "The image file ends before its own end mark, or its pixels end early.", "Upload it again whole; a part of an image is never accepted."),
        new("IMG_CORRUPT", ErrorKind.Invalid, "The image file breaks a rule of its format, or a check sum in it differs.", Again),
        new("IMG_NO_PIXELS", ErrorKind.Invalid, "The image says that it is 0 pixels wide or high.", Again),
        new("IMG_TOO_LARGE", ErrorKind.Invalid, "The image has more pixels, a longer side or needs more memory than is allowed.", "Scale it down: 100 megapixels, 30,000 pixels a side and 1 GiB of memory are the most."),
        new("IMG_BOMB", ErrorKind.Invalid, "The image file is far smaller than any picture of its size, or makes far more work than any picture does.", Again),
        new("IMG_NAME_MISMATCH", ErrorKind.Invalid, "The file's name says another format than its first bytes do; the bytes count.", "Only a warning: the image is accepted. Rename the file."),
        new("IMG_TRAILING_DATA", ErrorKind.Invalid, "Bytes stand behind the image's end: a second image, or a file hidden in an image. They are not kept apart and not read.", "Only a warning: the image is accepted. Export it again where that was not meant."),
        new("IMG_ANIMATED", ErrorKind.Invalid, "The file holds an animation; its still image is used.", "Only a warning: the image is accepted."),
        new("IMG_COLOUR_PROFILE", ErrorKind.Invalid, "The image carries a colour profile, which is not applied: its numbers are read as sRGB.", "Only a warning: the image is accepted. Convert it to sRGB where colours matter."),
        new("IMG_TOO_SMALL", ErrorKind.Invalid, "The image is smaller than minimum_image_size; it is left out.", "Lower minimum_image_size to keep it."),
        new("IMG_ASPECT_RATIO", ErrorKind.Invalid, "The image is narrower than minimum_aspect_ratio or wider than maximum_aspect_ratio; it is left out.", "Widen the bounds to keep it."),
        new("IMG_UPSCALE", ErrorKind.Invalid, "The image would have to grow by more than max_upscale_threshold to fill its bucket; it is left out.", "Raise max_upscale_threshold, or lower the resolution."),
        new("IMG_MISSING", ErrorKind.Invalid, "A row of the table of captions names an image that the upload does not hold.", "Add the image, correct the name, or remove the row; max_bad_fraction allows some."),
        new("IMG_NO_CAPTION", ErrorKind.Invalid, "The caption strategy finds no caption for the image.", "Add the caption where the message says, or choose another caption_strategy."),
        new("IMG_PREPROCESSOR", ErrorKind.Invalid, "preprocessor_config.json asks for something that is not supported, or does not fit the model.", "Correct the named setting."),
    ];
}
