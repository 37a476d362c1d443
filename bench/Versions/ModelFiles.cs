using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Temper.Bench;

/// <summary>Model files to be versioned: bf16 weights spread as N(0, 0.02), layers of matrices of different sizes and small norms, as many as fill a size.</summary>
internal sealed class ModelFiles(string folder, int files, long bytes)
{
    private static readonly ushort[] Weights = [.. Enumerable.Range(0, 1 << 16).Select(i => Bf16(0.02f * Gauss(i, 1)))];
    private ulong _state = 0x9E3779B97F4A7C15;

    /// <summary>Bytes of weights of all files.</summary>
    public long WeightBytes { get; private set; }

    public IEnumerable<string> Paths => Enumerable.Range(1, files).Select(i => Path.Combine(folder, $"model-{i:D5}-of-{files:D5}.safetensors"));

    /// <summary>Writes all files.</summary>
    public void Write()
    {
        Directory.CreateDirectory(folder);
        WeightBytes = 0;
        foreach (var path in Paths)
        {
            var tensors = Layout(bytes / files & ~1L);
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            file.Write(Header(tensors));
            var buffer = new byte[1 << 20];
            foreach (var (_, size) in tensors)
            {
                WeightBytes += size;
                for (long left = size; left > 0; left -= buffer.Length)
                {
                    Fill(buffer);
                    file.Write(buffer, 0, (int)Math.Min(left, buffer.Length));
                }
            }
        }
    }

    /// <summary>Writes new bytes over every twentieth tensor by size in every file; the bytes written.</summary>
    public long ChangeTensors()
    {
        long changed = 0;
        foreach (var path in Paths)
            changed += Edit(path, (offset, size, total, done) => (done + size) * 20 <= total + size, (buffer, _) => Fill(buffer));
        return changed;
    }

    /// <summary>Moves every weight by N(0, 0.02) times <paramref name="scale"/>, as a full fine-tune does.</summary>
    public void FineTune(float scale)
    {
        var steps = Enumerable.Range(0, 1 << 16).Select(i => 0.02f * scale * Gauss(i, 7)).ToArray();
        foreach (var path in Paths)
            Edit(path, (_, _, _, _) => true, (buffer, random) =>
            {
                var weights = MemoryMarshal.Cast<byte, ushort>(buffer.AsSpan());
                var draws = MemoryMarshal.Cast<byte, ushort>(random.AsSpan());
                for (var i = 0; i < weights.Length; i++)
                    weights[i] = Bf16(BitConverter.UInt32BitsToSingle((uint)weights[i] << 16) + steps[draws[i]]);
            });
    }

    private long Edit(string path, Func<long, long, long, long, bool> choose, Action<byte[], byte[]> change)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 20);
        var length = new byte[8];
        file.ReadExactly(length);
        var at = 8 + BinaryPrimitives.ReadInt64LittleEndian(length);
        var (total, done) = (file.Length - at, 0L);
        var random = new byte[1 << 20];
        foreach (var (_, size) in Layout(bytes / files & ~1L))
        {
            if (choose(at, size, total, done))
            {
                for (long from = 0; from < size; from += 1 << 20)
                {
                    var part = new byte[Math.Min(1 << 20, size - from)];
                    file.Position = at + from;
                    file.ReadExactly(part);
                    Draw(random);
                    change(part, random);
                    file.Position = at + from;
                    file.Write(part);
                }
                done += size;
            }
            at += size;
        }
        return done;
    }

    private static List<(string Name, long Size)> Layout(long target)
    {
        var tensors = new List<(string, long)>();
        for (var (layer, size) = (0, 0L); size < target; layer++)
            foreach (var (name, bytes) in ((string, long)[])[("norm", 2048), ("q", 2 << 20), ("k", 1 << 19), ("v", 1 << 19), ("o", 2 << 20), ("gate", 5_767_168), ("up", 5_767_168), ("down", 5_767_168)])
            {
                var take = Math.Min(bytes, Math.Max(0, target - size)) & ~1L;
                if (take == 0)
                    continue;
                tensors.Add((string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.{name}.weight"), take));
                size += take;
            }
        return tensors;
    }

    private static byte[] Header(List<(string Name, long Size)> tensors)
    {
        var text = new StringBuilder("{");
        long at = 0;
        foreach (var (name, size) in tensors)
        {
            text.Append(CultureInfo.InvariantCulture, $"\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[{size / 2}],\"data_offsets\":[{at},{at + size}]}},");
            at += size;
        }
        text.Length--;
        var json = Encoding.UTF8.GetBytes(text.Append('}').ToString());
        var header = new byte[8 + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, json.Length);
        json.CopyTo(header, 8);
        return header;
    }

    private void Fill(byte[] buffer)
    {
        Draw(buffer);
        var values = MemoryMarshal.Cast<byte, ushort>(buffer.AsSpan());
        for (var i = 0; i < values.Length; i++)
            values[i] = Weights[values[i]];
    }

    // xorshift64*: the figures depend on sizes and equality alone.
    private void Draw(byte[] buffer)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(buffer.AsSpan(0, buffer.Length & ~7));
        for (var i = 0; i < words.Length; i++)
        {
            _state ^= _state >> 12;
            _state ^= _state << 25;
            _state ^= _state >> 27;
            words[i] = _state * 2685821657736338717;
        }
    }

    private static ushort Bf16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    // Box and Muller, from a low-discrepancy pair.
    private static float Gauss(int index, int salt)
    {
        var u = (index * 0.6180339887498949 + salt * 0.123) % 1;
        var v = (index * 0.7548776662466927 + salt * 0.456) % 1;
        return (float)(Math.Sqrt(-2 * Math.Log(1 - u * 0.999999)) * Math.Cos(2 * Math.PI * v));
    }
}
