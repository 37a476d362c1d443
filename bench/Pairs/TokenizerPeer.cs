namespace Temper.Bench;

/// <summary>Tokenizers of npm: tiktoken (WebAssembly), Hugging Face's Rust library and its JavaScript one.</summary>
internal static class TokenizerPeer
{
    public static Contestant For(Arguments arguments)
    {
        if (arguments.Words is not ["tokenize", var text] || arguments.Text("--tokenizer") is not { } tokenizer) throw new UsageException("--vs-tokenizer goes with tokenize and --tokenizer.");
        var peer = arguments.Text("--vs-tokenizer")!;
        if (peer is not ("tiktoken" or "rust" or "rust-batch" or "js")) throw new UsageException($"--vs-tokenizer {peer}: there are tiktoken, rust, rust-batch, js.");
        var modules = Path.GetFullPath(arguments.Text("--modules") ?? "node_modules");
        if (!Directory.Exists(modules)) throw new PeerException($"there is no folder {modules}; `npm install tiktoken @anush008/tokenizers @huggingface/tokenizers` makes it, --modules says where it is.");
        string[] words = [Path.Combine(AppContext.BaseDirectory, "peers", "tokenizers_bench.mjs"), modules, peer, text, tokenizer, $"{arguments.Steps}"];
        return new Contestant(peer, "node", words, new Dictionary<string, string>());
    }
}
