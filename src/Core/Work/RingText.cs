using System.Globalization;
using System.Text.Json;
using Temper.Core.Json;

namespace Temper.Core.Work;

/// <summary>A ring as the body of a message.</summary>
public static class RingText
{
    /// <summary>Name of the message, <c>{work}.{attempt}</c>: a queue that knows it already drops the copy.</summary>
    public static string Name(WorkRing ring) => string.Create(CultureInfo.InvariantCulture, $"{ring.Id}.{ring.Attempt}");

    /// <summary>The body: JSON.</summary>
    public static byte[] Write(WorkRing ring) => JsonSerializer.SerializeToUtf8Bytes(ring, Wire.Json);

    /// <summary>Null, and why, when <paramref name="body"/> is not a ring of <paramref name="kind"/>.</summary>
    public static (WorkRing? Ring, string Fault) Read(ReadOnlySpan<byte> body, WorkKind kind)
    {
        try
        {
            var ring = JsonSerializer.Deserialize<WorkRing>(body, Wire.Strict);
            return ring?.Kind == kind ? (ring, "") : (null, $"The ring is for {ring?.Kind.ToString() ?? "nothing"}, the queue for {kind}.");
        }
        catch (JsonException e)
        {
            return (null, e.Message);
        }
    }
}
