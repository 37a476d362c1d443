using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>Personal data and secrets: what is found, what is left alone, and what becomes of it.</summary>
public sealed class ScanningTests
{
    private static readonly HashSet<FindingKind> Everything = [.. Enum.GetValues<FindingKind>()];

    /// <summary>Planted values; each must be found whole, as its kind. Cards and accounts are the numbers that their issuers publish for tests.</summary>
    public static TheoryData<string, string> Planted => new()
    {
        { "email", "ann.lee+shop@mail.example.org" }, { "email", "o_brien@x-y.co.uk" }, { "email", "info@müller.de" },
        { "phone", "+49 30 901820" }, { "phone", "+1-202-555-0143" }, { "phone", "(202) 555-0143" }, { "phone", "202.555.0143" }, { "phone", "1-800-555-0199" },
        { "phone", "0171 2345678" }, { "phone", "030/901820-12" }, { "phone", "01 23 45 67 89" }, { "phone", "0044 20 7946 0958" }, { "phone", "+442079460958" },
        { "credit_card", "4111111111111111" }, { "credit_card", "5555 5555 5555 4444" }, { "credit_card", "3782 822463 10005" }, { "credit_card", "6011-1111-1111-1117" },
        { "credit_card", "30569309025904" }, { "credit_card", "2223003122003222" },
        { "iban", "DE89370400440532013000" }, { "iban", "GB82 WEST 1234 5698 7654 32" }, { "iban", "FR14 2004 1010 0505 0001 3M02 606" }, { "iban", "NL91ABNA0417164300" },
        { "ip_address", "203.0.113.77" }, { "ip_address", "192.168.1.20" }, { "ip_address", "2001:db8:85a3::8a2e:370:7334" }, { "ip_address", "fe80::1ff:fe23:4567:890a" },
        { "us_ssn", "078-05-1120" }, { "us_ssn", "219 09 9999" },
        { "national_id", "2 69 05 49 588 157 80" }, { "national_id", "12345678Z" }, { "national_id", "X1234567L" }, { "national_id", "44051401359" }, { "national_id", "529.982.247-25" },
        { "national_id", "11010519491231002X" }, { "national_id", "811218-9876" }, { "national_id", "130-692-544" }, { "national_id", "86095742719" },
        { "aws_access_key", "AKIAIOSFODNN7EXAMPLE" }, { "github_token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a" }, { "google_api_key", "AIzaSyA1234567890abcdefghijklmnopqrstuv" },
        { "slack_token", "xoxb-263594206564-FGqddMF8t08v8N7Oq4i57vs1" }, { "openai_key", "sk-proj-abc123DEF456ghi789JKL012" }, { "huggingface_token", "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789" },
        { "api_token", "glpat-abc123def456ghi789jk" }, { "api_token", "sk_live_4eC39HqLyjWDarjtT1zdp7dc" }, { "api_token", "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" },
        { "google_api_key", "ya29.a0AfH6SMBx1234567890abcdefghij" },
        { "jwt", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U" },
        { "private_key", "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n-----END RSA PRIVATE KEY-----" },
    };

    /// <summary>What looks like one and is none.</summary>
    public static TheoryData<string> Innocent => new()
    {
        "On 2024-01-31 at 10:15:42 the 3.14159 th of 1,234,567.89 people came; 01/02/2024 10 and 31.12.1999 too.",
        "ISBN 978-3-16-148410-0, order 20240131123456, invoice 1234567890, part 12-3456-78, pages 100-200.",
        "4111111111111112 and 5555 5555 5555 4445 fail their check, as do DE88370400440532013000 and GB83 WEST 1234 5698 7654 32.",
        "1234567890123456 is issued by nobody; 0000-0000-0000-0000 neither.",
        "666-12-3456, 000-12-3456, 900-12-3456, 123-00-4567 and 123-45-0000 were never given to anybody.",
        "The loopback 127.0.0.1 and 0.0.0.0, version v1.2.3.4 and 1.2.3, section 10.4.256.1, std::vector and ::1.",
        "icon@2x.png, @ann, a@b, see me @ noon, git@github.com:owner/name.git, package@1.2.3",
        "sk-circle-fade-dot-before is a class, task-and-risk-management-for-everyone a slug, hf_hub_download_with_retries_please a function.",
        "Password: please choose one. The password is required. password = getPassword(user1) and secret: <your-secret1>, token: none",
        "max_tokens=4096, total_tokens: 12345, key=value, author: 12345678901234567890, the secret of 42 roses",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 commit 146d6946a12b and uuid 123e4567-e89b-12d3-a456-426614174000",
        "12345678A and X1234567A have wrong letters; 44051401358, 529.982.247-24, 811218-9875 and 130-692-545 wrong digits.",
        "https://example.org:8080/a?b=1&c=2#d and http://user@example.org/x", "eyJust a word.and another.word", "AKIA is a prefix and AIza too; SG.x.y as well.",
        "-----BEGIN CERTIFICATE-----\nMIIBOgIBAAJBAKj34Gkx\n-----END CERTIFICATE-----", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
    };

    [Theory]
    [MemberData(nameof(Planted))]
    public void A_planted_value_is_found_whole_in_every_surrounding(string kind, string value)
    {
        foreach (var (before, after) in (IEnumerable<(string, string)>)[("", ""), ("Write to ", " today."), ("(", ")"), ("Grüße: ", ", bitte"), ("\n", "\n"), ("x=\"", "\"")])
        {
            var found = Assert.Single(Found(before + value + after));
            Assert.Equal((kind, value), (FindingKinds.Names[(int)found.Kind], Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(before + value + after).AsSpan(found.Start, found.Length))));
        }
    }

    [Theory]
    [InlineData("password", "db_password: \"S3cr3t!horse\"", "S3cr3t!horse")]
    [InlineData("password", "API_KEY=abcd1234efgh5678", "abcd1234efgh5678")]
    [InlineData("password", "Your passwort : hunter22x.", "hunter22x")]
    [InlineData("azure_key", "AccountName=shop;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==;EndpointSuffix=core", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==")]
    [InlineData("connection_string", "Server=db;User Id=sa;Password=Zx81Spectrum;Database=x", "Zx81Spectrum")]
    [InlineData("connection_string", "postgres://app:pa55word@db.internal:5432/x", "app:pa55word")]
    [InlineData("api_token", "Authorization: Bearer 0123456789abcdefABCDEF", "0123456789abcdefABCDEF")]
    public void A_secret_is_known_by_what_it_is_called(string kind, string text, string value)
    {
        var found = Assert.Single(Found(text), f => f.Kind.IsSecret());
        Assert.Equal((kind, value), (FindingKinds.Names[(int)found.Kind], text.Substring(found.Start, found.Length)));
    }

    [Theory]
    [MemberData(nameof(Innocent))]
    public void What_only_looks_like_it_is_left_alone(string text) => Assert.Equal([], Found(text).Select(f => $"{f.Kind} {f.Start} {f.Length}"));

    [Fact]
    public void Recall_over_planted_texts_is_whole_and_precision_at_least_ninety_nine_percent()
    {
        var (planted, hit, reported, missed) = (0, 0, 0, new List<string>());
        var innocent = Innocent.Cast<object[]>().Select(row => (string)row[0]).ToArray();
        var values = Planted.Cast<object[]>().Select(row => ((string)row[0], (string)row[1])).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            var key = new RandomKey(3, 0, (uint)i);
            var (kind, value) = values[Philox.Below(key, 0, values.Length)];
            var text = $"{innocent[Philox.Below(key, 1, innocent.Length)]} {value} {innocent[Philox.Below(key, 2, innocent.Length)]}";
            var found = Found(text);
            planted++;
            reported += found.Length;
            var whole = found.Any(f => FindingKinds.Names[(int)f.Kind] == kind && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text).AsSpan(f.Start, f.Length)).Contains(value, StringComparison.Ordinal));
            hit += whole ? 1 : 0;
            if (!whole)
                missed.Add(text);
        }
        Assert.True(missed.Count == 0, string.Join("\n", missed));
        Assert.Equal(planted, hit);
        Assert.InRange((double)hit / reported, 0.99, 1);
    }

    [Fact]
    public void Redacting_twice_is_redacting_once()
    {
        var parts = Planted.Cast<object[]>().Select(row => (string)row[1]).Concat(Innocent.Cast<object[]>().Select(row => (string)row[0])).Concat(["password=", ": ", "AccountKey=", "+", "1-", " 555 ", "0", "@", "[", "]", "\"", "://", "-", "é", "\n"]).ToArray();
        for (var i = 0; i < 3000; i++)
        {
            var key = new RandomKey(4, 0, (uint)i);
            var text = string.Concat(Enumerable.Range(0, 2 + (int)Philox.Below(key, 0, 6)).Select(n => parts[Philox.Below(key, 1 + n, parts.Length)]));
            var once = Excerpts.Redact(text);
            Assert.Equal(once, Excerpts.Redact(once));
        }
    }

    [Fact]
    public async Task Personal_data_is_redacted_before_the_record_gets_its_id()
    {
        var config = new DatasetConfig { Format = RecordFormat.Messages, Pii = new(ScanAction.Redact, []) };
        var (tally, verdicts) = await Judge.LinesAsync(config, Uploads.Chat("I am ann@example.org, card 4111 1111 1111 1111.", "Call +1-202-555-0143."), Uploads.Chat("I am [email], card [card].", "Call [phone]."));
        Assert.Equal(["I am [email], card [card].", "Call [phone]."], verdicts.Records[0].Messages!.Select(m => m.Content));
        Assert.Equal(verdicts.Records[1].RecId, verdicts.Records[0].RecId);
        Assert.Equal([("credit_card", 1L), ("email", 1L), ("phone", 1L)], tally.Facts.Findings.Select(f => (f.Key, f.Value.Count)));
    }

    [Fact]
    public async Task Arguments_of_calls_are_redacted_and_stay_JSON()
    {
        var config = new DatasetConfig { Format = RecordFormat.Messages, Pii = new(ScanAction.Redact, []), SecretsScan = new(ScanAction.Redact, []) };
        var line = """{"messages":[{"role":"user","content":"pay"},{"role":"assistant","tool_calls":[{"name":"pay","arguments":{"card":4111111111111111,"to":"line\nann\u0040example.org","password":"hunter22x","n":1.0}}]}]}""";
        var (tally, verdicts) = await Judge.LinesAsync(config, line);
        Assert.Equal("""{"card":"[card]","to":"line\n[email]","password":"[secret]","n":1.0}""", verdicts.Records[0].Messages![1].ToolCalls![0].Arguments);
        Assert.Equal(["credit_card", "email", "password"], tally.Facts.Findings.Keys);
    }

    [Fact]
    public async Task A_secret_sets_the_record_aside_unless_the_configuration_says_otherwise()
    {
        var line = Uploads.Chat("My key?", "It is AKIAIOSFODNN7EXAMPLE.");
        var (_, byDefault) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, line);
        var entry = Assert.Single(byDefault.SetAside);
        Assert.Equal(("REC_SECRET", "/messages/1/content", "The record holds a secret: aws_access_key."), (entry.Code, entry.JsonPointer, entry.Message));
        Assert.Contains("It is [secret].", entry.Excerpt);
        foreach (var (action, kinds, count) in (IEnumerable<(ScanAction, string[], int)>)[(ScanAction.Report, [], 1), (ScanAction.Off, [], 0), (ScanAction.Quarantine, ["jwt"], 0)])
        {
            var (tally, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages, SecretsScan = new(action, kinds) }, line);
            Assert.Contains("AKIA", Assert.Single(verdicts.Records).Messages![1].Content);
            Assert.Equal(count, tally.Facts.Findings.Count);
        }
    }

    [Fact]
    public async Task A_record_with_several_secrets_is_told_all_of_them_and_none_is_shown()
    {
        var line = Uploads.Chat("My key AKIAIOSFODNN7EXAMPLE?", "ghp_16C7e42F292c6912E7710c838347Ae178B4a and AKIAIOSFODNN7EXAMPLE.");
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, line);
        var entry = Assert.Single(verdicts.SetAside);
        Assert.Equal("The record holds secrets: aws_access_key at /messages/0/content, github_token at /messages/1/content, aws_access_key at /messages/1/content.", entry.Message);
        Assert.DoesNotContain("AKIA", entry.Message + entry.Excerpt);
    }

    [Fact]
    public async Task Rules_of_the_configuration_find_what_nobody_else_knows()
    {
        var line = Uploads.Chat("Who is ST-4711?", "Müller, ST-4711, ann@example.org.");
        var rules = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["staff"] = "ST-[0-9]{4}", ["contact"] = "[a-z]+@[a-z]+" };
        var (tally, redacted) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages, Pii = new(ScanAction.Redact, []) { Rules = rules } }, line);
        Assert.Equal(["Who is [staff]?", "Müller, [staff], [email]."], redacted.Records[0].Messages!.Select(m => m.Content));
        Assert.Equal([("email", 1L), ("staff", 2L)], tally.Facts.Findings.Select(f => (f.Key, f.Value.Count)));
        var (_, aside) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages, Pii = new(ScanAction.Quarantine, ["jwt"]) { Rules = rules } }, line);
        Assert.Equal("REC_PERSONAL", aside.SetAside[0].Code);
        Assert.Contains("staff at /messages/0/content", aside.SetAside[0].Message);
        Assert.DoesNotContain("4711", aside.SetAside[0].Excerpt + aside.SetAside[0].Message);
        var (_, off) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages, Pii = new(ScanAction.Off, []) { Rules = rules } }, line);
        Assert.Contains("ST-4711", off.Records[0].Messages![1].Content);
    }

    [Theory]
    [InlineData("pii: {rules: {email: x}}", "CFG_BAD_VALUE", "is looked for anyhow")]
    [InlineData("pii: {rules: {Staff: x}}", "CFG_BAD_VALUE", "no name of a rule")]
    [InlineData("pii: {rules: {staff: 'x*'}}", "CFG_REGEX", "matches where there is nothing")]
    [InlineData("pii: {rules: {staff: sta}}", "CFG_REGEX", "which stands in place of what is redacted")]
    [InlineData("pii: {rules: {staff: 3}}", "CFG_WRONG_TYPE", "must be text")]
    public void A_rule_that_could_not_be_kept_is_refused(string config, string code, string said)
    {
        var error = Assert.Throws<Core.Errors.TemperException>(() => DatasetConfig.Parse(Encoding.UTF8.GetBytes(config), "dataset.yaml", []));
        Assert.Equal(code, error.Code);
        Assert.Contains(said, error.Message);
    }

    [Fact]
    public async Task Personal_data_is_reported_and_kept_by_default_and_set_aside_where_the_configuration_says_so()
    {
        var line = Uploads.Chat("Who?", "ann@example.org");
        var (tally, kept) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, line);
        Assert.Equal("ann@example.org", kept.Records[0].Messages![1].Content);
        Assert.Equal([1L], tally.Facts.Findings["email"].FirstLines);
        var (_, aside) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages, Pii = new(ScanAction.Quarantine, ["email"]) }, line);
        Assert.Equal("REC_PERSONAL", Assert.Single(aside.SetAside).Code);
        Assert.DoesNotContain("ann@", aside.SetAside[0].Excerpt);
    }

    private static Finding[] Found(string text) => new TextScanner(Everything).Scan(Encoding.UTF8.GetBytes(text)).ToArray();
}
