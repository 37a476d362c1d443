namespace Temper.Tensors;

/// <summary>The bf16 matrix instructions of a processor, behind one function: a tile of C from rows of A and a panel of B.</summary>
internal abstract unsafe class MatrixUnit(MatrixUnitKind kind)
{
    public MatrixUnitKind Kind => kind;

    /// <summary>Names the arithmetic: each kind of unit has its own chain of roundings.</summary>
    public string NumericsId => Kind == MatrixUnitKind.Amx ? "cpu-bf16-amx-v1" : "cpu-bf16-avx512-v1";

    /// <summary>Rows of the largest tile.</summary>
    public int MostRows => Kind == MatrixUnitKind.Amx ? AmxBf16Kernel.MostRows : Avx512Bf16Kernel.MostRows;

    /// <summary>Tiles have a multiple of so many rows.</summary>
    public int RowStep => Kind == MatrixUnitKind.Amx ? AmxBf16Kernel.RowStep : 1;

    /// <summary>Before the first <see cref="Tile"/> of a stretch of work on this thread.</summary>
    public abstract void Enter();

    /// <summary>After the last one.</summary>
    public abstract void Leave();

    /// <summary>One tile of c; see <see cref="Avx512Bf16Kernel"/>. At least one block.</summary>
    public abstract void Tile(int rows, bool accumulate, ushort* a, ushort* b, float* c, long aStep, long cStep, long blocks);

    /// <summary>All functions of a kind in one piece, and where each begins, at multiples of 64 bytes: two for entering and leaving, then by <see cref="Entry"/>.</summary>
    internal static (byte[] Code, int[] Starts) Assemble(MatrixUnitKind kind)
    {
        var (code, starts) = (new List<byte>(), new List<int>());
        void Add(byte[] function)
        {
            while (code.Count % 64 != 0) code.Add(0xCC);
            starts.Add(code.Count);
            code.AddRange(function);
        }

        var amx = kind == MatrixUnitKind.Amx;
        var (most, step) = amx ? (AmxBf16Kernel.MostRows, AmxBf16Kernel.RowStep) : (Avx512Bf16Kernel.MostRows, 1);
        Add(amx ? AmxBf16Kernel.AssembleEnter() : []);
        Add(amx ? AmxBf16Kernel.AssembleLeave() : []);
        for (var rows = step; rows <= most; rows += step)
        {
            foreach (var accumulate in (bool[])[false, true])
                Add(amx ? AmxBf16Kernel.Assemble(rows, accumulate) : Avx512Bf16Kernel.Assemble(rows, accumulate));
        }

        return ([.. code], [.. starts]);
    }

    /// <summary>Which function computes tiles of that height.</summary>
    protected int Entry(int rows, bool accumulate) => rows / RowStep * 2 + (accumulate ? 1 : 0);
}

/// <summary>The bf16 matrix instructions that kernels exist for.</summary>
internal enum MatrixUnitKind
{
    /// <summary>VDPBF16PS on 512-bit registers.</summary>
    Avx512,

    /// <summary>TDPBF16PS on matrix tiles.</summary>
    Amx,
}
