namespace Temper.Bench;

/// <summary>Which work a command line asks for.</summary>
internal static class CommandLine
{
    private const string Help = """
        What Temper's engine does on this machine, one JSON line per run.

          bench A|B|C full|lora|qlora|decode|prefill [--dtype fp32|bf16|int8|nf4] [--steps N] [--profile]
          bench ranks A|B|C [--ranks N] [--steps N] [--repeat N]
                                           a LoRA step of 8 texts that N processes of one thread share, beside one process of N threads, in turns
          bench embed [--steps N]          sentence vectors of 64 texts of 128 tokens, MiniLM's shape
          bench gemm M N K [prepacked] [--dtype fp32|bf16]
                                           C[M, N] = A[M, K] · W[N, K]ᵀ as a linear layer runs it
          bench tokenize FILE [--tokenizer T]  a text to token ids, line by line and whole, on one thread
          bench examples FILE.jsonl [--tokenizer T]  chats to training examples: rendered, as token ids, masked
          bench sampler                    the order of training on several datasets: draws a second, and going on at the billionth sample
          bench ingest FILE.jsonl [--size MIB] [--only validate|whole] [--config dataset.yaml]
                                           chats validated (beside a plain scan and beside Python's json and hashlib), ingested, and ingested again;
                                           --size makes the file where there is none
          bench ingest --minhash ROWS [--threads N]  near-duplicates among so many rows
          bench versions [--only tensors|finetune|small|large] [--size MIB] [--files N] [--repeat N] [--folder F]
                                           the version store's objects beside git-lfs and git: models added, changed and checked out (tensors), tuned as a
                                           whole (finetune), the memory of one of 4 GB (large); small: many small files by the commands (Cli built in
                                           Release, or --temper PROGRAM): add, first commit, status, a commit of one, clone; above 200,000 without git
          bench versions --only commands|large --temper PROGRAM [--repeat N]
                                           large files by the commands, in turns with git and git-lfs (large: one of 4 GB, without them)
          bench A|B|C job --temper PROGRAM [--dtype fp32|bf16|nf4] [--steps N] [--pairs N]
                                           a LoRA job of N updates (default 60) through the whole program (upload, claim, data, loop, events, checkpoints,
                                           publishing), in turns with the loop alone and with bare steps; time to the first step, checkpoint stall, memory
          bench preflight ROWS --temper PROGRAM  `temper preflight` of so many chats
          bench membw                      plain reading of 256 MB per thread, 1 thread and all
          bench summary FILE...            the summary lines of runs kept in files

        A: 0.8 M parameters, 8 texts of 256 tokens. B: 27.8 M, 8 × 512. C: 134.5 M, 2 × 512. decode: 127 tokens after a prompt of 64; prefill: 512.

        --tokenizer T    a tokenizer.json or its folder (default: 8192 entries learned from the file)
        --threads N      threads that compute (default 2)
        --steps N        measured repetitions, after a warm-up of one and at least two seconds (default 5)
        --matrix M       how weights in bf16 are multiplied: exact (in f32) or bf16 (on the processor's bf16 products, for lora the default)
        --profile        where the time of a step goes: matrix products, attention, loss, optimizer, rest
        --vectors 256    gemm with registers of 256 bits
        --save-weights F writes weights and tokens before the first step, for peers/torch_bench.py --weights F
        --vs-torch       interleaved pairs with PyTorch, each run a process of its own; then a summary line
        --vs-llama       the same with llama.cpp (decode and prefill)
        --vs-lora        the same with our own LoRA in fp32 (qlora)
        --vs-tokenizer P the same with tiktoken, rust, rust-batch (Hugging Face's) or js (tokenize)
        --modules M      the node_modules folder that has them (default: ./node_modules)
        --pairs N        pairs (default 5)
        --python P       the Python that has torch (default /usr/bin/python3)

        Examples:
          dotnet run -c Release --project bench -- C lora --steps 3
          dotnet run -c Release --project bench -- C lora --vs-torch --steps 1
          dotnet run -c Release --project bench -- C decode --dtype bf16 --vs-llama
          dotnet run -c Release --project bench -- gemm 2048 1536 512 --vs-torch | tee runs.jsonl
          dotnet run -c Release --project bench -- summary runs.jsonl

        PyTorch comes from the packages python3-torch, python3-numpy and libopenblas0-openmp of Debian; llama.cpp is what `./test` installs.
        Exit codes: 0 measured, 2 not understood or not supported, 5 a peer is not there or failed. docs/performance.md has the figures.
        """;

    public static int Run(string[] args)
    {
        if (args.Contains("--help") || args is [] or ["help"])
        {
            (args.Length == 0 ? Console.Error : Console.Out).WriteLine(Help);
            return args.Length == 0 ? 2 : 0;
        }

        try
        {
            if (args is [RanksBench.FollowerWord, _, _, _])
            {
                RanksBench.Follow(args);
                return 0;
            }
            var arguments = Arguments.Parse(args);
            if (PairRun.Asked(arguments)) PairRun.Of(arguments).Print();
            else if (arguments.Words is ["summary", _, ..]) Summary.Print(arguments.Words[1..]);
            else Report.Print(Measure(arguments));
            return 0;
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine($"bench: {error.Message} `bench --help` shows what there is.");
            return 2;
        }
        catch (PeerException error)
        {
            Console.Error.WriteLine($"bench: {error.Message}");
            return 5;
        }
    }

    private static Dictionary<string, object> Measure(Arguments arguments) => arguments.Words switch
    {
        ["A" or "B" or "C", "full" or "lora" or "qlora"] => TrainingBench.Run(arguments),
        ["A" or "B" or "C", "decode" or "prefill"] => AnsweringBench.Run(arguments),
        ["A" or "B" or "C", "job"] => JobBench.Run(arguments),
        ["preflight", _] => PreflightBench.Run(arguments),
        ["ranks", "A" or "B" or "C"] => RanksBench.Run(arguments),
        ["embed"] => EmbedBench.Run(arguments),
        ["gemm", _, _, _] or ["gemm", _, _, _, "prepacked"] => GemmBench.Run(arguments),
        ["tokenize", _] => TokenizeBench.Run(arguments),
        ["examples", _] => ExampleBench.Run(arguments),
        ["sampler"] => SamplerBench.Run(arguments),
        ["ingest"] => MinHashBench.Run(arguments),
        ["ingest", _] => IngestBench.Run(arguments),
        ["versions"] => VersionsBench.Run(arguments),
        ["membw"] => ReadBandwidth.Run(arguments),
        _ => throw new UsageException($"'{string.Join(' ', arguments.Words)}' is not a work to be measured."),
    };
}
