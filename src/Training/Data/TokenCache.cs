using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Storage.Cache;

namespace Temper.Training.Data;

/// <summary>Tokens and labels by record, kept beside the dataset and shared by all runs whose tokenizer, template and options agree, and by ingestion.</summary>
internal static class TokenCache
{
    /// <summary>The cache of one tokenizer, template, list of stop tokens and options.</summary>
    public static Task<RecordCache> OpenAsync(IBlobStore blobs, ModelFolder model, ExampleOptions options, TimeProvider clock, CancellationToken ct) =>
        RecordCache.OpenAsync(blobs, "tokens", Space(model.Tokenizer, model.Template, model.StopTokens, options), clock, ct);

    /// <inheritdoc cref="ExampleCodec.Space"/>
    public static Digest Space(Tokenizer tokenizer, ChatTemplate? template, IReadOnlyList<int> stopTokens, ExampleOptions options) => ExampleCodec.Space(tokenizer, template, stopTokens, options);

    /// <inheritdoc cref="ExampleCodec.Encode"/>
    public static byte[] Encode(Example example) => ExampleCodec.Encode(example);

    /// <inheritdoc cref="ExampleCodec.Decode"/>
    public static Example? Decode(ReadOnlySpan<byte> bytes) => ExampleCodec.Decode(bytes);
}
