using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Serving;

/// <summary>Why a model that was made for something else is not chatted with, and what to ask it instead.</summary>
internal static class ChatRefusal
{
    /// <summary>Refuses an encoder, and whatever has a head that classifies.</summary>
    /// <param name="name">The model in messages.</param>
    /// <param name="folder">Its own files.</param>
    /// <param name="made">Folder of the base that an adapter was made for; null for a whole model.</param>
    /// <exception cref="TemperException">Code <c>not_a_chat_model</c>.</exception>
    public static void Check(string name, string folder, string? made)
    {
        var file = Path.Combine(made ?? folder, "config.json");
        if (!File.Exists(file))
            return;
        var encoder = EncoderFolder.Is(made ?? folder) ? EncoderConfig.Parse(File.ReadAllBytes(file), file) : null;
        var images = encoder?.Kind == EncoderKind.Vit;
        var head = made is not null && LabelFile.Read(folder) is not null ? ModelHead.Classification : encoder?.Head ?? ModelConfig.Parse(File.ReadAllBytes(file), file).Head;
        if (head == ModelHead.Classification)
            throw new TemperException("not_a_chat_model", $"{name} classifies {(images ? "images" : "texts")}, it does not chat.", $"Ask POST {(images ? "/v1/images/classifications" : "/v1/classifications")}, or `temper classify`.");
        if (head == ModelHead.None)
            throw new TemperException("not_a_chat_model", $"{name} makes vectors of {(images ? "images" : "texts")}, it does not chat.", "Use `temper embed`.");
    }
}
