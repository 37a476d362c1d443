using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>Pages of machine code: written first, then sealed as readable and executable, never both writable and executable. Linux only; the
/// system calls come from the C library that .NET itself runs on.</summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;
    private readonly nuint size;
    private byte* pages;

    private ExecutableMemory(byte* pages, nuint size)
    {
        this.pages = pages;
        this.size = size;
    }

    /// <summary>Where the code begins.</summary>
    public byte* Start => pages;

    /// <summary>Puts the code into memory of its own, or says why the system refuses (hardened systems forbid new executable pages).</summary>
    public static ExecutableMemory? Of(ReadOnlySpan<byte> code, out string refusal)
    {
        var size = (nuint)code.Length;
        var pages = Map(null, size, Read | Write, PrivateAnonymous, -1, 0);
        if (pages == (byte*)-1)
        {
            refusal = $"no memory for machine code (mmap: error {Marshal.GetLastPInvokeError()})";
            return null;
        }

        code.CopyTo(new Span<byte>(pages, code.Length));
        var memory = new ExecutableMemory(pages, size);
        if (Protect(pages, size, Read | Execute) == 0)
        {
            refusal = "";
            return memory;
        }

        refusal = $"the system does not allow machine code made at run time (mprotect: error {Marshal.GetLastPInvokeError()})";
        memory.Dispose();
        return null;
    }

    public void Dispose()
    {
        if (pages != null) _ = Unmap(pages, size);
        pages = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(byte* wish, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(byte* start, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* start, nuint length);
}
