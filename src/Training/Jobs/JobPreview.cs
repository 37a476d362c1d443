using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;
using Temper.Training.Data;
using Temper.Training.Previews;

namespace Temper.Training.Jobs;

/// <summary>Writes <c>preview/examples.json</c> beside an attempt's checkpoints: a few examples as the model reads them, for whoever looks at the job.</summary>
internal sealed class JobPreview(IBlobStore blobs, WorkClaim claim)
{
    private const int MostCharacters = 8000;

    /// <summary>A store that cannot take it is told of and does not stop the job.</summary>
    public async Task WriteAsync(PreparedData data, Tokenizer? reader, ChannelWriter<TrainEvent> events, CancellationToken ct)
    {
        if (reader is null)
            return;
        var examples = PreflightReport.Few(data, reader).Select(Cut).ToList();
        try
        {
            using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(examples, Wire.Json));
            await blobs.CreateAsync(BlobLayout.Run(claim.Id, claim.Fence, BlobLayout.ExamplesFile), content, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Environment)
        {
            events.TryWrite(new TrainEvent.Said("warn", $"The examples could not be kept to be looked at: {e.Message}"));
        }
    }

    private static ShownExample Cut(ShownExample example)
    {
        var left = MostCharacters;
        var pieces = new List<PreviewPiece>();
        foreach (var piece in example.Pieces)
        {
            if (left == 0)
                break;
            var kept = piece.Text.Length <= left ? piece.Text : piece.Text[..left] + "…";
            pieces.Add(piece with { Text = kept });
            left -= Math.Min(left, piece.Text.Length);
        }
        return example with { Pieces = pieces };
    }
}
