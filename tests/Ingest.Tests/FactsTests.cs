using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>What is counted about records: languages, lengths, roles, scores.</summary>
public sealed class FactsTests
{
    [Theory]
    [InlineData("en", "The museum is closed on Mondays, but you can buy your ticket for another day at the counter next to the station.")]
    [InlineData("de", "Das Museum ist montags geschlossen, aber am Schalter neben dem Bahnhof bekommen Sie eine Karte für einen anderen Tag.")]
    [InlineData("fr", "Le musée est fermé le lundi, mais vous pouvez acheter votre billet pour un autre jour au guichet près de la gare.")]
    [InlineData("es", "El museo está cerrado los lunes, pero se puede comprar la entrada para otro día en la taquilla junto a la estación.")]
    [InlineData("it", "Il museo è chiuso il lunedì, ma si può comprare il biglietto per un altro giorno allo sportello vicino alla stazione.")]
    [InlineData("pt", "O museu está fechado às segundas-feiras, mas você pode comprar o bilhete para outro dia no balcão ao lado da estação.")]
    [InlineData("nl", "Het museum is op maandag gesloten, maar u kunt aan het loket naast het station een kaartje voor een andere dag kopen.")]
    [InlineData("pl", "Muzeum jest zamknięte w poniedziałki, ale bilet na inny dzień można kupić w kasie obok dworca, która jest otwarta do wieczora.")]
    [InlineData("sv", "Museet är stängt på måndagar, men du kan köpa en biljett till en annan dag i kassan bredvid stationen som är öppen hela dagen.")]
    [InlineData("tr", "Müze pazartesi günleri kapalıdır, ancak başka bir gün için biletinizi istasyonun yanındaki gişeden satın alabilirsiniz.")]
    [InlineData("ru", "Музей закрыт по понедельникам, но билет на другой день можно купить в кассе рядом с вокзалом, которая работает до вечера.")]
    [InlineData("uk", "Музей зачинено щопонеділка, але квиток на інший день можна придбати в касі біля вокзалу, яка працює до вечора.")]
    [InlineData("zh", "博物馆星期一不开门，但是可以在车站旁边的窗口买别的日子的票。")]
    [InlineData("ja", "博物館は月曜日に閉まっていますが、駅の隣の窓口で別の日の切符を買うことができます。")]
    [InlineData("ko", "박물관은 월요일에 문을 닫지만 역 옆 매표소에서 다른 날의 표를 살 수 있습니다.")]
    [InlineData("ar", "المتحف مغلق يوم الاثنين ولكن يمكنك شراء تذكرة ليوم آخر من الشباك بجانب المحطة.")]
    [InlineData("el", "Το μουσείο είναι κλειστό τη Δευτέρα, αλλά μπορείτε να αγοράσετε εισιτήριο για άλλη μέρα.")]
    [InlineData("he", "המוזיאון סגור בימי שני אבל אפשר לקנות כרטיס ליום אחר בקופה ליד התחנה.")]
    [InlineData("hi", "संग्रहालय सोमवार को बंद रहता है लेकिन आप स्टेशन के पास की खिड़की से दूसरे दिन का टिकट खरीद सकते हैं।")]
    [InlineData("th", "พิพิธภัณฑ์ปิดวันจันทร์แต่คุณสามารถซื้อตั๋วสำหรับวันอื่นได้ที่ช่องขายตั๋วข้างสถานี")]
    [InlineData("und", "OK, thanks.")]
    [InlineData("und", "")]
    [InlineData("und", "4711 0815 !?")]
    [InlineData("und", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 fde41bb98c0aa12dfe00c1")]
    [InlineData("und", "qzx wvk jjq xkcd zzyzx qwrtp bnm lkjhg zxcvb mnbvc poiuy qwrtz hjkl vbnm wqx zkq")]
    [InlineData("und", "The museum is closed today, но билет можно купить в кассе, ale nie tutaj: 박물관은 월요일에 문을 닫지만")]
    public void The_language_of_a_text_is_told_or_honestly_not(string language, string text)
    {
        var guess = new LanguageGuess();
        guess.Begin();
        guess.Add(Encoding.UTF8.GetBytes(text));
        Assert.Equal(language, LanguageGuess.Names[guess.End()]);
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("one", 3, 1)]
    [InlineData(" one  two\nthree\t", 16, 3)]
    [InlineData("grün 🌱 und so weiter, bis mehr als zweiunddreißig Bytes beisammen sind und noch einige dazu", 91, 16)]
    public void Characters_and_words_are_counted(string text, long characters, long words)
    {
        var (foundCharacters, foundWords) = (0L, 0L);
        RecordMeasure.Count(Encoding.UTF8.GetBytes(text), ref foundCharacters, ref foundWords);
        Assert.Equal((characters, words), (foundCharacters, foundWords));
    }

    [Fact]
    public async Task Facts_of_records_are_counted_and_add_up()
    {
        var config = new DatasetConfig { Format = RecordFormat.Kto, Filters = [new("words", 2, null)] };
        var lines = Enumerable.Range(1, 100).Select(i => $$"""{"prompt":"p","completion":"{{string.Join(' ', Enumerable.Repeat("word", i))}}","label":{{(i % 4 == 0 ? "false" : "true")}}}""").ToArray();
        var (tally, _) = await Judge.LinesAsync(config, lines);
        var twice = new RecordFacts();
        twice.Add(tally.Facts);
        twice.Add(tally.Facts);
        var report = ContentReport.Of([twice], []);
        Assert.Equal([("bad", 50L), ("good", 150L)], report.Labels.Select(l => (l.Key, l.Value)));
        Assert.Equal([("unpaired", 200L)], report.Kinds.Select(k => (k.Key, k.Value)));
        Assert.Equal([(2L, 4L), (4L, 8L), (8L, 16L), (16L, 32L), (32L, 64L), (64L, 76L)], report.Words.Select(w => (w.Key, w.Value)));
        Assert.Equal((2.0, 101.0), (report.Scores["words"].Min, report.Scores["words"].Max));
        Assert.InRange(report.Scores["words"].P50, 46, 58);
        Assert.InRange(report.Scores["words"].P90, 80, 92);
    }

    [Fact]
    public async Task Roles_are_counted()
    {
        var (tally, _) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, Uploads.Chat("a", "b"), Uploads.Chat("c", "d"), """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"e"},{"role":"assistant","content":"f"}]}""");
        Assert.Equal([("assistant", 3L), ("system", 1L), ("user", 3L)], ContentReport.Of([tally.Facts], []).Roles.Select(r => (r.Key, r.Value)));
    }

    [Theory]
    [InlineData("[en]", "DATA_LANGUAGE")]
    [InlineData("[en, fr]", null)]
    public async Task Languages_that_are_not_expected_reject_the_version(string expected, string? code)
    {
        using var uploads = new Uploads();
        string[] texts = ["The museum is closed on Mondays, but you can buy your ticket for another day at the counter.", "Le musée est fermé le lundi, mais vous pouvez acheter votre billet pour un autre jour au guichet.", "OK"];
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines([.. texts.Select(t => Uploads.Chat(t, "Hm."))])), ("dataset.yaml", Encoding.UTF8.GetBytes($"expect: {{language: {expected}}}\n")));
        Assert.Equal(code, ingested.Result.Problems.Select(p => p.Code).FirstOrDefault());
        Assert.Contains("\"languages\":{\"en\":1,\"fr\":1,\"und\":1}", Encoding.UTF8.GetString(await uploads.ReadAsync(ingested.Result, Core.Datasets.DatasetManifest.ReportName)));
    }
}
