using System.Security.Cryptography;
using System.Text;

namespace Temper.Models;

/// <summary>One change of a template: <paramref name="Removed"/> characters at <paramref name="At"/> give way to <paramref name="Written"/>.</summary>
internal readonly record struct TemplateEdit(int At, int Removed, string Written);

/// <summary>Where generation tags belong in well-known templates that have none and whose earlier turns change with what follows (Phi 3,
/// Phi 3.5, Qwen 3): changes by the SHA-256 of the template's UTF-8, in ascending order. They must leave every rendering as it was, and that
/// is checked each time.</summary>
internal static class GenerationEdits
{
    private const string Split = "}}{% generation %}{{", Close = "{% endgeneration %}", CloseTrimmed = "{%- endgeneration %}";

    private static readonly Dictionary<string, TemplateEdit[]> Known = new()
    {
        ["dcaee66df77bfbb789ec541fe713218da30225a526f1db97138fc39ee6dc56aa"] = [new(260, 3, Split), new(296, 0, Close)],
        ["78d976a442bcde2f0be15aafbb8e3050e1104f86732266f68403251b89982a90"] = [new(283, 3, Split), new(319, 0, Close)],
        ["a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8"] =
        [
            new(2213, 0, "{{- '<|im_start|>assistant\\n' }}{%- generation %}"), new(2359, 34, ""), new(2526, 34, ""), new(2637, 34, ""), new(3529, 0, CloseTrimmed),
        ],
    };

    /// <summary>The changes of a template; none when it is not known.</summary>
    public static IReadOnlyList<TemplateEdit> Of(string source) => Known.GetValueOrDefault(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))) ?? [];

    /// <summary>The changed template.</summary>
    public static string Apply(string source, IReadOnlyList<TemplateEdit> edits) =>
        edits.Reverse().Aggregate(source, (text, edit) => text.Remove(edit.At, edit.Removed).Insert(edit.At, edit.Written));
}
