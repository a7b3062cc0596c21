using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Tests.Translation.Incremental;

public sealed class OrderedObjectsTests
{
    private readonly Random _random = new(3);

    [Fact]
    public void After_any_changes_the_order_is_that_of_a_fresh_start()
    {
        var (objects, kept) = (ObjectSet.Empty, new OrderedObjects<Namespace>());
        for (var step = 0; step < 500; step++)
        {
            // Now and then a set is passed over, and now and then much changes at once.
            var count = step % 50 == 0 ? 100 : 3;
            objects = objects.With(
                [.. Enumerable.Range(0, _random.Next(count)).Select(_ => Next())],
                [.. objects.All<Namespace>().Where(_ => _random.Next(20) == 0).OrderBy(item => item.Name, StringComparer.Ordinal).Take(2)]);
            if (_random.Next(5) == 0)
            {
                continue;
            }
            kept.Update(objects);

            var fresh = new OrderedObjects<Namespace>();
            fresh.Update(objects);
            Assert.True(fresh.Items.SequenceEqual(kept.Items, ReferenceEqualityComparer.Instance));
        }
    }

    [Fact]
    public void The_same_objects_are_the_same_list()
    {
        var objects = ObjectSet.Of([Next(), Next()]);
        var kept = new OrderedObjects<Namespace>();
        kept.Update(objects);
        var before = kept.Items;

        kept.Update(objects.With([], []));

        Assert.Same(before, kept.Items);
    }

    private Namespace Next()
    {
        var age = _random.Next(3) is > 0 and var days ? DateTimeOffset.UnixEpoch.AddDays(days) : (DateTimeOffset?)null;
        return new Namespace(new ResourceMetadata { Name = $"n{_random.Next(60)}", Namespace = "", CreationTimestamp = age }, new Origin("a.yaml", 1));
    }
}
