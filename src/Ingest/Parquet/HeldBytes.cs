namespace Temper.Ingest;

/// <summary>Counts the unpacked bytes that the columns of a reader hold together.</summary>
internal sealed class HeldBytes(string file, ParquetLimits limits)
{
    private long _held;

    /// <summary>Asks before they are allocated.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>FILE_TOO_LARGE</c>.</exception>
    public void Take(int bytes)
    {
        if (bytes > limits.HeldBytes - _held)
            throw ParquetFault.TooLarge($"The pages of '{file}' that one row needs have more than {limits.HeldBytes} bytes.");
        _held += bytes;
    }

    public void Give(int bytes) => _held -= bytes;
}
