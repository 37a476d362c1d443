using System.Text;

namespace Temper.Models;

/// <summary>Unicode normalisation that does not depend on what the platform has installed.</summary>
public static class UnicodeForms
{
    /// <summary>The canonical decomposition (NFD, Unicode Standard Annex 15) of a text; halves of surrogate pairs become U+FFFD.</summary>
    public static string Decompose(string text)
    {
        var decomposed = new StringBuilder(text.Length);
        foreach (var (codePoint, _) in FormNormalizer.Changes(CodePoints.WellFormed(text), compatibility: false, compose: false))
            decomposed.Append(char.ConvertFromUtf32(codePoint));
        return decomposed.ToString();
    }
}
