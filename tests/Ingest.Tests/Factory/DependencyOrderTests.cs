namespace Temper.Ingest.Tests;

/// <summary>The order in which datasets are built.</summary>
public sealed class DependencyOrderTests
{
    [Fact]
    public void However_the_datasets_are_declared_each_stands_behind_what_it_needs()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var numbers = new Numbers(seed);
            var count = 1 + numbers.Below(24);
            // An edge leads to a smaller number, so there is no circle; then the declaration is shuffled.
            var needs = Enumerable.Range(0, count).Select(i => Enumerable.Range(0, i).Where(_ => numbers.Below(4) == 0).ToList()).ToList();
            var places = numbers.Shuffled(count);
            var declared = new IReadOnlyList<int>[count];
            for (var i = 0; i < count; i++)
                declared[places[i]] = [.. needs[i].Select(n => places[n])];
            var order = DependencyOrder.Of(declared, out var cycle);
            Assert.Empty(cycle);
            Assert.Equal(Enumerable.Range(0, count), order.Order());
            var at = order.Select((dataset, step) => (dataset, step)).ToDictionary(p => p.dataset, p => p.step);
            Assert.All(Enumerable.Range(0, count), i => Assert.All(declared[i], need => Assert.True(at[need] < at[i])));
            // Stable: of two neighbours in the order, the first could not have come later in the file without being needed.
            for (var step = 1; step < count; step++)
                Assert.True(order[step - 1] < order[step] || declared[order[step]].Contains(order[step - 1]) || declared[order[step]].Any(n => at[n] == step - 1));
        }
    }

    [Fact]
    public void A_circle_is_shown_as_a_way_that_comes_back()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var numbers = new Numbers(seed);
            var count = 2 + numbers.Below(12);
            var needs = Enumerable.Range(0, count).Select(i => (IReadOnlyList<int>)[(i + 1) % count, .. Enumerable.Range(0, i).Where(_ => numbers.Below(5) == 0)]).ToList();
            DependencyOrder.Of(needs, out var cycle);
            Assert.Equal(cycle[0], cycle[^1]);
            Assert.True(cycle.Count >= 2);
            Assert.All(cycle.Zip(cycle.Skip(1)), pair => Assert.Contains(pair.Second, needs[pair.First]));
        }
    }

    [Fact]
    public void A_dataset_that_needs_itself_is_a_circle_of_one()
    {
        DependencyOrder.Of([[0]], out var cycle);
        Assert.Equal([0, 0], cycle);
    }

    [Fact]
    public void Conditioning_pictures_and_their_source_may_name_each_other()
    {
        var config = Configs.Read("""
            - {id: photos, instance_data_dir: x, conditioning_data: edges}
            - {id: edges, dataset_type: conditioning, instance_data_dir: y, source_dataset_id: photos}
            """);
        Assert.Equal(["photos", "edges"], config.Order.Where(d => d is DataEntry).Select(d => d.Id));
    }

    /// <summary>Numbers that follow from a seed.</summary>
    private sealed class Numbers(int seed)
    {
        private uint _state = (uint)seed * 2654435761u | 1;

        public int Below(int limit)
        {
            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            return (int)(_state % (uint)limit);
        }

        public int[] Shuffled(int count)
        {
            var places = Enumerable.Range(0, count).ToArray();
            for (var i = count - 1; i > 0; i--)
            {
                var j = Below(i + 1);
                (places[i], places[j]) = (places[j], places[i]);
            }
            return places;
        }
    }
}
