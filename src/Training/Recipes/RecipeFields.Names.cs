using Temper.Core.Errors;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>From written names to settings.</summary>
internal sealed partial class RecipeFields
{
    private const string Scheduler = "training.lr_scheduler_kwargs";

    private void Add(string written, RecipeNode.Entry entry)
    {
        if (!written.Contains('.', StringComparison.Ordinal) && AddSection(entry))
            return;
        if (RecipeKeys.Resolve(written) is { } setting)
            Set(setting, new(written, entry.Line, setting == Scheduler ? OwnOfSchedule(written, entry.Value, changed: false) : entry.Value, Implied: false, Changed: false));
        else if (ForeignKeys.Find(written) is { } foreign)
            AddForeign(written, entry, foreign, changed: false);
        else
            RefuseUnknown(written, entry);
    }

    /// <summary>Settings of which only one may be given: the one of the command line takes the place of the file's other.</summary>
    private static readonly (string One, string Other)[] Rivals =
        [("training.max_steps", "training.num_train_epochs"), ("training.warmup_steps", "training.warmup_ratio"), ("training.min_lr", "training.min_lr_rate"), ("quantization.load_in_4bit", "quantization.load_in_8bit")];

    /// <summary>A setting from the command line: it takes the place of what the file says.</summary>
    private void Change(RecipeNode.Entry entry)
    {
        if (RecipeKeys.Sections.Contains(entry.Key) && entry.Value is RecipeNode.Map or RecipeNode.Scalar { IsNull: true })
        {
            ChangeSection(entry);
        }
        else if (RecipeKeys.Resolve(entry.Key) is { } setting)
        {
            _found.Remove(setting);
            Set(setting, new(entry.Key, 0, setting == Scheduler ? OwnOfSchedule(entry.Key, entry.Value, changed: true) : entry.Value, Implied: false, Changed: true));
            foreach (var rival in Rivals.Where(r => r.One == setting || r.Other == setting).Select(r => r.One == setting ? r.Other : r.One))
                if (Has(setting) && _found.GetValueOrDefault(rival) is { Changed: false })
                    _found.Remove(rival);
        }
        else if (entry.Key.LastIndexOf('.') is > 0 and var cut && RecipeKeys.Resolve(entry.Key[..cut]) is { } of && RecipeKeys.At(of).Kind == KeyKind.Options)
        {
            ChangeOption(of, entry.Key[..cut], entry with { Key = entry.Key[(cut + 1)..] });
        }
        else if (ForeignKeys.Find(entry.Key) is { } foreign)
        {
            AddForeign(entry.Key, entry, foreign, changed: true);
        }
        else
        {
            RefuseUnknown(entry.Key, entry, "--set");
        }
    }

    /// <summary>Null removes a section; a map changes what it names.</summary>
    private void ChangeSection(RecipeNode.Entry section)
    {
        if (section.Value is not RecipeNode.Map map)
        {
            SectionsPresent.Remove(section.Key);
            foreach (var path in _found.Keys.Where(k => k.StartsWith(section.Key + ".", StringComparison.Ordinal)).ToArray())
                _found.Remove(path);
            return;
        }
        SectionsPresent.Add(section.Key);
        foreach (var inner in map.Entries)
            Change(inner with { Key = $"{section.Key}.{inner.Key}" });
    }

    private bool AddSection(RecipeNode.Entry entry)
    {
        var isModel = entry is { Key: "model", Value: RecipeNode.Map };
        if (!isModel && !RecipeKeys.Sections.Contains(entry.Key))
            return false;
        if (entry.Value is RecipeNode.Map map)
        {
            SectionsPresent.Add(entry.Key);
            foreach (var inner in map.Entries)
                Add($"{entry.Key}.{inner.Key}", inner);
        }
        else if (entry.Value is not RecipeNode.Scalar { IsNull: true })
        {
            Problems.Add(new("wrong_type", $"{entry.Key} is '{entry.Value.Shown}', expected settings of its own.") { File = _file, Line = entry.Line, Path = entry.Key, Value = entry.Value.Shown, Hint = $"Write the settings of {entry.Key} indented below it." });
        }
        return true;
    }

    /// <summary>Of Hugging Face's map of a schedule's numbers some are settings of <c>training</c> here; the others are the schedule's own.</summary>
    private RecipeNode OwnOfSchedule(string written, RecipeNode value, bool changed)
    {
        if (value is not RecipeNode.Map map)
            return value;
        foreach (var inner in map.Entries.Where(IsSetting))
        {
            if (changed)
                _found.Remove($"training.{inner.Key}");
            Set($"training.{inner.Key}", new($"{written}.{inner.Key}", inner.Line, inner.Value, Implied: false, changed));
        }
        return map with { Entries = [.. map.Entries.Where(inner => !IsSetting(inner))] };
    }

    private static bool IsSetting(RecipeNode.Entry entry) => entry.Key is "num_cycles" or "min_lr" or "min_lr_rate" or "decay_share";

    /// <summary>One setting of a part, from the command line; the others stay.</summary>
    private void ChangeOption(string setting, string written, RecipeNode.Entry option)
    {
        var others = _found.GetValueOrDefault(setting)?.Value is RecipeNode.Map map ? map.Entries.Where(e => e.Key != option.Key) : [];
        _found.Remove(setting);
        Change(new(written, 0, new RecipeNode.Map([.. others, option], 0)));
    }

    private void AddForeign(string written, RecipeNode.Entry entry, ForeignKey foreign, bool changed)
    {
        if (foreign.Read(entry.Value, _root) is not { } meant)
        {
            Problems.Add(new("not_supported_yet", $"{written} is '{entry.Value.Shown}', which is known from other tools and cannot be done here.") { File = changed ? "--set" : _file, Line = changed ? null : entry.Line, Path = written, Value = entry.Value.Shown, Hint = foreign.Remedy });
            return;
        }
        if (meant.Note is { } note)
            Notes.Add(new(written, entry.Line, note));
        foreach (var (setting, value) in meant.Settings)
        {
            if (changed)
                _found.Remove(setting);
            if (setting == "lora")
                SectionsPresent.Add(setting);
            else
                Set(setting, new(written, entry.Line, value with { Line = entry.Line }, Implied: true, changed));
        }
    }

    private void Set(string setting, Found next)
    {
        var (value, note) = ValueNames.Read(setting, next.Value);
        next = next with { Value = value };
        if (note is not null)
            Notes.Add(new(next.Written, next.Line, note));
        if (!_found.TryGetValue(setting, out var first))
            _found.Add(setting, next);
        else if (first.Implied != next.Implied && (first.IsNull || next.IsNull || first.Value.Shown.Equals(next.Value.Shown, StringComparison.OrdinalIgnoreCase)))
            _found[setting] = first.IsNull ? next : first;
        else
            Problems.Add(new("alias_conflict", $"'{next.Written}' and '{first.Written}' (line {first.Line}) are two spellings of {setting}.") { File = _file, Line = next.Line, Path = next.Written, Value = next.Value.Shown, Hint = "Keep one of the two." });
    }

    /// <summary>In other tools the number of steps says that steps count.</summary>
    private void ImplyStrategies()
    {
        foreach (var what in (string[])["eval", "save"])
            if (Has($"training.{what}_steps") && !Has($"training.{what}_strategy") && _found[$"training.{what}_steps"] is var steps)
                _found[$"training.{what}_strategy"] = steps with { Value = new RecipeNode.Scalar("steps", false, steps.Line), Implied = true };
    }

    private void RefuseUnknown(string written, RecipeNode.Entry entry, string? file = null)
    {
        var near = RecipeKeys.Near(written).ToArray();
        Problems.Add(new("unknown_key", $"'{written}' is not a setting of a recipe.")
        {
            File = file ?? _file,
            Line = file is null ? entry.Line : null,
            Path = written,
            Value = entry.Value.Shown,
            Hint = near.Length == 0 ? "Remove it." : $"Did you mean {string.Join(" or ", near)}?",
        });
    }
}

/// <summary>Something worth telling about a recipe that is accepted.</summary>
/// <param name="Path">The name as it was written.</param>
/// <param name="Line">Where it stands; 0 where it came from the command line.</param>
/// <param name="Text">A sentence.</param>
public sealed record RecipeNote(string Path, long Line, string Text);
