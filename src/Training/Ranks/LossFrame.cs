using System.Text;

namespace Temper.Training.Ranks;

/// <summary>What a follower answers to a micro-batch.</summary>
/// <param name="Step">0-based step; below 0 when it was only measured.</param>
/// <param name="Place">Of the micro-batch.</param>
/// <param name="PeakBytes">Most that the follower's engine held so far.</param>
/// <param name="Values">Loss and counts.</param>
internal sealed record LossFrame(int Step, int Place, long PeakBytes, LossValues Values)
{
    public byte[] ToBytes()
    {
        using var target = new MemoryStream();
        using var writer = new BinaryWriter(target, Encoding.UTF8);
        writer.Write(Step);
        writer.Write(Place);
        writer.Write(PeakBytes);
        writer.Write(Values.Loss);
        writer.Write(Values.Correct);
        writer.Write(Values.Measures.Count);
        foreach (var (name, value) in Values.Measures)
        {
            var text = Encoding.UTF8.GetBytes(name);
            writer.Write(text.Length);
            writer.Write(text);
            writer.Write(value);
        }
        return target.ToArray();
    }

    /// <exception cref="InvalidDataException">It is no such answer.</exception>
    public static LossFrame Read(ReadOnlySpan<byte> body)
    {
        var f = new Fields(body);
        var (step, place, peak, loss, correct) = (f.Int32(), f.Int32(), f.Int64(), f.Double(), f.Double());
        var measures = new KeyValuePair<string, double>[f.Count(12)];
        for (var i = 0; i < measures.Length; i++)
            measures[i] = new(f.Text(), f.Double());
        f.End();
        return new(step, place, peak, new(loss, correct, measures));
    }
}
