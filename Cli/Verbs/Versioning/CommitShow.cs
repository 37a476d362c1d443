using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.Diffing;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The options that say how commits are shown, the same for <c>log</c> and <c>show</c>.</summary>
internal sealed class CommitShow
{
    private readonly DiffArguments _diff = new();
    private readonly Option<string?> _format = new("--format", "--pretty") { Description = "oneline, short, medium, full, fuller, raw, or a text with %H %h %T %P %s %b %an %ae %ad %at %aI %cn %ct %d %D %n %%", HelpName = "FORMAT", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _oneLine = new("--oneline") { Description = "A line each" };
    private readonly Option<string?> _decorate = new("--decorate") { Description = "With names of branches and tags: short, no, auto", HelpName = "HOW", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _noDecorate = new("--no-decorate") { Description = "Without names of branches and tags" };
    private readonly Option<string?> _date = new("--date") { Description = "Dates as default, iso, iso-strict, rfc, short, unix or raw", HelpName = "FORM" };
    private readonly Option<bool> _merges = new("-m") { Description = "Differences of merges, too, against their first parent" };

    public Symbol[] Symbols => [_format, _oneLine, _decorate, _noDecorate, _date, _merges, .. _diff.Symbols];

    /// <summary>Commits being shown one after another.</summary>
    internal sealed class Shown
    {
        private readonly CommitShow _how;
        private readonly VersionSession _session;
        private readonly CommitFormat _format;
        private readonly string _form;
        private readonly bool _ends, _isDecorated, _ofMerges, _withDiff;
        private readonly PathFilter? _paths;
        private bool _isFirst = true;

        private Shown(CommitShow how, VersionSession session, CommitFormat format, PathFilter? paths, bool ofMerges, bool withDiff)
        {
            (_how, _session, _format, _paths, _withDiff) = (how, session, format, paths, withDiff);
            var parsed = session.Parsed;
            var form = parsed.GetValue(how._oneLine) ? "oneline" : parsed.GetValue(how._format) ?? "medium";
            _ofMerges = ofMerges || parsed.GetValue(how._merges);
            _ends = !form.StartsWith("format:", StringComparison.Ordinal);
            _form = form.StartsWith("format:", StringComparison.Ordinal) ? form[7..] : form.StartsWith("tformat:", StringComparison.Ordinal) ? form[8..] : form;
            IsCustom = form.Contains('%', StringComparison.Ordinal) || form.Contains("format:", StringComparison.Ordinal);
            if (!IsCustom && !CommitFormat.Names.Contains(form))
                throw new VersionExit(VersionVerb.Fatal, "usage", $"'{form}' is no form of a commit.", "oneline, short, medium, full, fuller, raw, or a text with %.");
            var decorate = parsed.GetResult(how._decorate) is null ? "auto" : parsed.GetValue(how._decorate) ?? "short";
            _isDecorated = !parsed.GetValue(how._noDecorate) && (decorate is "short" or "full" || (decorate == "auto" && GlobalOptions.Terminal(parsed).Coloured));
        }

        private bool IsCustom { get; }

        /// <summary>Draws lines of history beside the commits; null: none are drawn.</summary>
        public GraphLog? Graph { get; init; }

        /// <param name="how">The options.</param>
        /// <param name="session">Where.</param>
        /// <param name="paths">Differences of these only.</param>
        /// <param name="ofMerges">Whether merges are compared to their first parent.</param>
        /// <param name="ct">Ends the work.</param>
        /// <param name="always">Whether differences are shown unasked.</param>
        public static async Task<Shown> NewAsync(CommitShow how, VersionSession session, PathFilter? paths, bool ofMerges, CancellationToken ct, bool always = false, GraphLog? graph = null)
        {
            var date = session.Parsed.GetValue(how._date) ?? "default";
            if (!SignatureDate.Forms.Contains(date))
                throw new VersionExit(VersionVerb.Fatal, "usage", $"'{date}' is no way to write dates.", string.Join(", ", SignatureDate.Forms));
            if (graph is not null && how._diff.IsAsked(session.Parsed))
                throw new VersionExit(VersionVerb.Fatal, "usage", "--graph shows no differences.", "Leave -p, --stat and their like out, or --graph.");
            var withDiff = !how._diff.IsNone(session.Parsed) && (always || how._diff.IsAsked(session.Parsed));
            return new(how, session, new(await Decorations.ReadAsync(session.Repository, ct), date), paths, ofMerges || (always && how._diff.IsCounted(session.Parsed)), withDiff) { Graph = graph };
        }

        public async Task AddAsync(Digest id, CancellationToken ct)
        {
            var commit = await _session.Repository.Objects.ReadCommitAsync(id, ct);
            var differences = _withDiff ? await DifferencesAsync(commit, ct) : [];
            if (_session.Json)
            {
                _session.Document(_withDiff ? new { commit = ObjectView.Of(id, commit), changes = await DiffArguments.ViewAsync(differences, ct) } : ObjectView.Of(id, commit));
                return;
            }
            if (Graph is not null)
            {
                ShowInGraph(id, commit);
                return;
            }
            var isLine = _form == "oneline";
            if (!_isFirst && !isLine && (!IsCustom || !_ends))
                _session.Out.Write("\n");
            _isFirst = false;
            var text = IsCustom ? _format.Custom(_form, id, commit) : _format.Named(_form, id, commit, _isDecorated);
            _session.Out.Write(GlobalOptions.Terminal(_session.Parsed).Coloured ? Output.Style.Clean(text) : text);
            if (IsCustom && (_ends || differences.Count > 0))
                _session.Out.Write("\n");
            if (differences.Count == 0)
                return;
            if (!isLine && text.Length > 0)
                _session.Out.Write("\n");
            await _how._diff.ShowAsync(_session, differences, ct);
        }

        private void ShowInGraph(Digest id, Commit commit)
        {
            var text = IsCustom ? _format.Custom(_form, id, commit) : _format.Named(_form, id, commit, _isDecorated);
            text = GlobalOptions.Terminal(_session.Parsed).Coloured ? Output.Style.Clean(text) : text;
            var cut = IsCustom || _form == "oneline" ? 0 : text.IndexOf('\n', StringComparison.Ordinal) + 1;
            Graph!.Add(_session.Out, id, text[..cut], _form == "oneline" && !IsCustom ? text.TrimEnd('\n') : text[cut..], IsCustom ? _ends : _form == "oneline");
        }

        private async Task<IReadOnlyList<FileDifference>> DifferencesAsync(Commit commit, CancellationToken ct)
        {
            if (commit.Parents.Count > 1 && !_ofMerges)
                return [];
            var store = _session.Repository.Objects;
            var from = commit.Parents is [var parent, ..] && await store.FindCommitAsync(parent, ct) is { } row ? row.Tree : (Digest?)null;
            return await TreeDiff.CompareAsync(store, from, commit.Tree, _paths, ct).Select(c => FileDifference.Of(store, c)).ToListAsync(ct);
        }
    }
}
