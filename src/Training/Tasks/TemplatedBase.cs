using Temper.Models;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary>The base as a run sees it: where the recipe names a chat template, a folder with that one in the place of the base's own. Examples, the result and its exports are made from it.</summary>
internal static class TemplatedBase
{
    /// <summary>The base's folder, or one below <paramref name="scratch"/> that leads to its files.</summary>
    public static string Of(string folder, Recipe recipe, string scratch)
    {
        if (recipe.Data.ChatTemplate == "model")
            return folder;
        var target = Directory.CreateDirectory(Path.Combine(scratch, "base")).FullName;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var place = Path.Combine(target, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (Path.GetFileName(file) != ChatTemplate.FileName)
                Lead(place, Path.GetFullPath(file));
        }
        File.WriteAllText(Path.Combine(target, ChatTemplate.FileName), BuiltInTemplates.Find(recipe.Data.ChatTemplate) ?? recipe.Data.ChatTemplate);
        return target;
    }

    private static void Lead(string place, string file)
    {
        try
        {
            File.CreateSymbolicLink(place, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            File.Copy(file, place); // Not every system lets everyone make links.
        }
    }
}
