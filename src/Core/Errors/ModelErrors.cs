namespace Temper.Core.Errors;

/// <summary>Codes of model folders, tokenizers, templates and tensor files.</summary>
internal static class ModelErrors
{
    public static readonly ErrorEntry[] Entries =
    [
    ];
}
