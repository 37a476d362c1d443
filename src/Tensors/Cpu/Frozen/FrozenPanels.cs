namespace Temper.Tensors;

/// <summary>A frozen weight [outputs, inputs] in panels of 32 outputs, as the tiles read them: input after input, the 32 outputs side by side.
/// A panel of BF16 holds pairs of inputs ([inputs / 2][32][2]), with zeros up to a multiple of 32 inputs, as <see cref="TileProduct"/> reads them; one of Int8 or NF4 holds groups of inputs, each 32 scales (f32, or a byte where they are quantised themselves) and then
/// the codes ([32] a byte each; or 16 bytes, outputs 0 to 15 in the low halves, 16 to 31 in the high ones).</summary>
internal sealed unsafe class FrozenPanels(FrozenForm form, int outputs, int inputs, Storage storage)
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 32;

    public FrozenForm Form { get; } = form;

    public int Outputs { get; } = outputs;

    public int Inputs { get; } = inputs;

    public Storage Storage { get; } = storage;

    /// <summary>Panels over the outputs.</summary>
    public int Count { get; } = (outputs + Width - 1) / Width;

    public long PanelBytes { get; } = BytesOfPanel(form, inputs);

    /// <summary>BF16 once more, in panels of 32 inputs over pairs of outputs, for the input's gradient on a matrix unit; made when first needed.</summary>
    public Storage? Across { get; set; }

    /// <summary>Of <see cref="FrozenForm.NF4Nested"/>: a scale for every 256 scales, counted through the groups of one output after another.</summary>
    public float[] Nested { get; set; } = [];

    /// <summary>And the mean of the scales.</summary>
    public float Offset { get; set; }

    /// <summary>Scales of an output.</summary>
    public int Groups => (Inputs + GroupOf(Form) - 1) / GroupOf(Form);

    /// <summary>Bytes of all panels.</summary>
    public static long Bytes(FrozenForm form, long outputs, long inputs) => (outputs + Width - 1) / Width * BytesOfPanel(form, inputs);

    /// <summary>Inputs that share a scale; 2 for BF16, which keeps them in pairs.</summary>
    public static int GroupOf(FrozenForm form) => form switch
    {
        FrozenForm.BF16 => 2,
        FrozenForm.Int8 => 32,
        _ => 64,
    };

    /// <summary>Where a group of a panel begins: its scales, then its codes; BF16 has no scales.</summary>
    public byte* Group(int panel, int group) => Storage.Pointer + panel * PanelBytes + group * GroupBytes(Form);

    /// <summary>Codes of a group.</summary>
    public byte* Codes(byte* group) => group + ScaleBytes(Form);

    /// <summary>The 32 scales of a group, where they lie or in <paramref name="room"/> (32 numbers). An output that there is not has scale 0.</summary>
    public float* Scales(int panel, int group, float* room)
    {
        var codes = Group(panel, group);
        if (Form != FrozenForm.NF4Nested) return (float*)codes;
        var numbers = DynamicMap.Numbers;
        var groups = Groups;
        for (var i = 0; i < Width; i++)
        {
            var output = (long)panel * Width + i;
            room[i] = output < Outputs ? numbers[codes[i]] * Nested[(output * groups + group) / DynamicMap.UsualBlockSize] + Offset : 0;
        }

        return room;
    }

    private static int ScaleBytes(FrozenForm form) => form == FrozenForm.NF4Nested ? Width : Width * sizeof(float);

    private static long GroupBytes(FrozenForm form) => form switch
    {
        FrozenForm.BF16 => 2 * Width * sizeof(ushort),
        FrozenForm.Int8 => ScaleBytes(form) + 32 * Width,
        _ => ScaleBytes(form) + 64 * (Width / 2),
    };

    private static long BytesOfPanel(FrozenForm form, long inputs)
    {
        if (form == FrozenForm.BF16) return TileProduct.PackedCount(inputs, Width) * sizeof(ushort);
        return (inputs + GroupOf(form) - 1) / GroupOf(form) * GroupBytes(form);
    }
}
