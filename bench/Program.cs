using Temper.Bench;

return args switch
{
    ["gemm", var m, var n, var k] => GemmBench.Run(int.Parse(m), int.Parse(n), int.Parse(k)),
    ["gemm", var m, var n, var k, "prepacked"] => GemmBench.Run(int.Parse(m), int.Parse(n), int.Parse(k), prepacked: true),
    ["A" or "B" or "C", "full" or "lora" or "decode" or "prefill", .. var options] => new ModelBench(args[0], args[1], Option(options, "--threads", 2), Option(options, "--steps", 5)).Run(),
    _ => Usage(),
};

static int Option(string[] options, string name, int absent) => Array.IndexOf(options, name) is >= 0 and var at ? int.Parse(options[at + 1]) : absent;

static int Usage()
{
    Console.Error.WriteLine("usage: bench gemm M N K [prepacked] | bench A|B|C full|lora|decode|prefill [--threads N] [--steps N]");
    return 2;
}
