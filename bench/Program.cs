using Temper.Bench;

return args switch
{
    ["gemm", var m, var n, var k] => GemmBench.Run(int.Parse(m), int.Parse(n), int.Parse(k)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench gemm M N K");
    return 2;
}
