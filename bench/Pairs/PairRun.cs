namespace Temper.Bench;

/// <summary>Ours and a peer in turn, so that a noisy machine is noisy for both; one line per run and the summary at the end.</summary>
internal sealed record PairRun(Contestant Ours, Contestant Peer, int Pairs)
{
    public static bool Asked(Arguments arguments) => arguments.Has("--vs-torch") || arguments.Has("--vs-llama") || arguments.Has("--vs-lora") || arguments.Has("--vs-tokenizer");

    public static PairRun Of(Arguments arguments)
    {
        var peers = new List<Contestant>();
        if (arguments.Has("--vs-torch")) peers.Add(TorchPeer.For(arguments));
        if (arguments.Has("--vs-llama")) peers.Add(LlamaPeer.For(arguments));
        if (arguments.Has("--vs-lora")) peers.Add(Lora(arguments));
        if (arguments.Has("--vs-tokenizer")) peers.Add(TokenizerPeer.For(arguments));
        if (peers.Count != 1) throw new UsageException("one peer at a time: --vs-torch, --vs-llama, --vs-lora or --vs-tokenizer.");
        return new PairRun(Contestant.Ourselves("temper", arguments.Alone()), peers[0], arguments.Number("--pairs", 5));
    }

    public void Print()
    {
        var lines = new List<IReadOnlyDictionary<string, object>>();
        for (var pair = 1; pair <= Pairs; pair++)
            foreach (var contestant in new[] { Ours, Peer })
            {
                lines.Add(contestant.Run(pair));
                Report.Print(lines[^1]);
            }

        Report.Print(Summary.Of(lines));
    }

    /// <summary>QLoRA is measured against our own LoRA in fp32.</summary>
    private static Contestant Lora(Arguments arguments) => arguments.Words is [var shape, "qlora"]
        ? Contestant.Ourselves("temper lora fp32", [shape, "lora", "--threads", $"{arguments.Threads}", "--steps", $"{arguments.Steps}"])
        : throw new UsageException("--vs-lora goes with qlora.");
}
