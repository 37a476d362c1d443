using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Reading the frames and sizes of films needs a program that this product does not bring.</summary>
public static class FilmProbe
{
    /// <summary>The problem of a dataset of films on a host without the program; the host says whether it has one.</summary>
    /// <param name="dataset">The dataset's id.</param>
    /// <param name="file">The configuration.</param>
    /// <param name="line">The dataset's line.</param>
    public static Problem Unavailable(string dataset, string file, long line) =>
        new("VIDEO_PROBE_UNAVAILABLE", $"dataset '{dataset}' holds films; this version reads no frames of films.")
        {
            File = file,
            Line = line,
            Hint = "Disable the dataset, or use pictures taken from the films as dataset_type: image.",
        };
}
