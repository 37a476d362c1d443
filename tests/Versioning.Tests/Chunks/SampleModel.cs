using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Temper.Versioning.Tests;

/// <summary>A safetensors file in memory, laid out as a small llama: an embedding, layers of seven matrices and two norms, a head; all bytes random.</summary>
internal sealed class SampleModel
{
    public List<(string Name, string Type, int[] Shape, byte[] Data)> Tensors { get; } = [];

    public string Metadata { get; set; } = "";

    public static SampleModel Llama(int layers = 10)
    {
        var model = new SampleModel();
        var random = new Random(layers);
        void Add(string name, int rows, int columns)
        {
            var data = new byte[rows * columns * 2];
            random.NextBytes(data);
            model.Tensors.Add((name, "BF16", [rows, columns], data));
        }
        Add("model.embed_tokens.weight", 4096, 512);
        for (var i = 0; i < layers; i++)
        {
            var layer = string.Create(CultureInfo.InvariantCulture, $"model.layers.{i}.");
            Add(layer + "input_layernorm.weight", 1, 256);
            Add(layer + "post_attention_layernorm.weight", 1, 256);
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
                Add($"{layer}self_attn.{name}.weight", 256, 512);
            foreach (var name in (string[])["gate_proj", "up_proj", "down_proj"])
                Add($"{layer}mlp.{name}.weight", 700, 512);
        }
        Add("lm_head.weight", 4096, 512);
        return model;
    }

    public byte[] Bytes()
    {
        var header = new StringBuilder("{");
        if (Metadata.Length > 0)
            header.Append(CultureInfo.InvariantCulture, $"\"__metadata__\":{{\"note\":\"{Metadata}\"}},");
        var at = 0;
        foreach (var (name, type, shape, data) in Tensors)
        {
            header.Append(CultureInfo.InvariantCulture, $"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{at},{at + data.Length}]}},");
            at += data.Length;
        }
        header.Length--;
        header.Append('}');
        var text = Encoding.UTF8.GetBytes(header.ToString());
        var file = new byte[8 + text.Length + at];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        at = 8 + text.Length;
        foreach (var (_, _, _, data) in Tensors)
        {
            data.CopyTo(file, at);
            at += data.Length;
        }
        return file;
    }
}
