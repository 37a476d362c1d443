using Temper.Bench;

return args switch
{
    ["gemm", var m, var n, var k] => GemmBench.Run(int.Parse(m), int.Parse(n), int.Parse(k)),
    ["gemm", var m, var n, var k, "prepacked"] => GemmBench.Run(int.Parse(m), int.Parse(n), int.Parse(k), prepacked: true),
    ["step"] => StepBench.Run("full", 0),
    ["step", "full" or "lora"] => StepBench.Run(args[1], 0),
    ["step", "full" or "lora", var threads] => StepBench.Run(args[1], int.Parse(threads)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench gemm M N K [prepacked] | bench step [full|lora [threads]]");
    return 2;
}
