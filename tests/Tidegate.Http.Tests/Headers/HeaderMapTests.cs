using Tidegate.Http.Headers;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Headers;

public sealed class HeaderMapTests
{
    private static HeaderMap Map(params string[] fields)
    {
        HeaderMap map = new();
        foreach (string field in fields)
        {
            string[] parts = field.Split('=');
            Assert.True(map.Add(Wire.Bytes(parts[0]), Wire.Bytes(parts[1])));
        }

        return map;
    }

    [Fact]
    public void Set_replaces_all_in_the_place_of_the_first()
    {
        HeaderMap map = Map("Via=1", "x=1", "via=2", "X=2", "y=1");
        Assert.True(map.Set(KnownHeader.Via, "much longer than before"u8));
        Assert.True(map.Set("X"u8, "also longer"u8));
        Assert.Equal("via: much longer than before\nx: also longer\ny: 1\n", Wire.Show(map));
        Assert.Equal(1, map.CountOf(KnownHeader.Via));
        Assert.True(map.Set("VIA"u8, "s"u8));
        Assert.True(map.Set("z"u8, "new"u8));
        Assert.True(map.Set(KnownHeader.Date, "d"u8));
        Assert.Equal("via: s\nx: also longer\ny: 1\nz: new\ndate: d\n", Wire.Show(map));
    }

    [Fact]
    public void Remove_takes_all_lines_of_a_name()
    {
        HeaderMap map = Map("Via=1", "x=1", "via=2", "X=2", "y=1");
        Assert.True(map.Remove("VIA"u8));
        Assert.False(map.Remove(KnownHeader.Via));
        Assert.True(map.Remove("x"u8));
        Assert.False(map.Remove("x"u8));
        Assert.Equal("y: 1\n", Wire.Show(map));
        Assert.Equal(2, map.ByteSize);
    }

    [Fact]
    public void RemoveWhere_takes_a_whole_set()
    {
        HeaderMap map = Map("Via=1", "x=1", "TE=2", "via=3", "Accept=4");
        Assert.Equal(3, map.RemoveWhere(KnownHeaderSet.Of(KnownHeader.Via, KnownHeader.Te, KnownHeader.Server)));
        Assert.Equal(0, map.RemoveWhere(KnownHeaderSet.Of(KnownHeader.Via)));
        Assert.Equal("x: 1\naccept: 4\n", Wire.Show(map));
        Assert.False(map.Contains(KnownHeader.Via));
    }

    [Fact]
    public void RemoveAt_keeps_the_count_of_repeated_names_right()
    {
        HeaderMap map = Map("via=1", "via=2", "via=3");
        map.RemoveAt(1);
        Assert.Equal(2, map.CountOf(KnownHeader.Via));
        map.RemoveAt(0);
        Assert.Equal(1, map.CountOf(KnownHeader.Via));
        Assert.True(map.TryGet(KnownHeader.Via, out ReadOnlySpan<byte> value));
        Assert.Equal("3", Wire.Text(value));
        map.RemoveAt(0);
        Assert.False(map.Contains(KnownHeader.Via));
        Assert.Equal((0, 0L), (map.Count, map.ByteSize));
    }

    [Fact]
    public void All_values_of_a_name_can_be_walked_over()
    {
        HeaderMap map = Map("Cookie=a", "x=1", "cookie=b", "X=2");
        List<string> seen = [];
        int position = 0;
        while (map.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> value))
        {
            seen.Add(Wire.Text(value));
        }

        position = 0;
        while (map.TryGetNext("x"u8, ref position, out ReadOnlySpan<byte> value))
        {
            seen.Add(Wire.Text(value));
        }

        Assert.Equal(["a", "b", "1", "2"], seen);
        Assert.Equal(2, map.CountOf("cookie"u8));
        Assert.Equal(0, map.CountOf("none"u8));
    }

    [Fact]
    public void A_value_may_come_from_the_map_itself()
    {
        HeaderMap map = Map("a=" + new string('x', 500));
        for (int i = 0; i < 40; i++)
        {
            Assert.True(map.TryGet("a"u8, out ReadOnlySpan<byte> value));
            Assert.True(map.Add(Wire.Bytes("b" + i), value));
            Assert.True(map.TryGet("a"u8, out value));
            Assert.True(map.Set("c"u8, value[i..]));
        }

        Assert.True(map.TryGet("b39"u8, out ReadOnlySpan<byte> last));
        Assert.Equal(new string('x', 500), Wire.Text(last));
        Assert.True(map.TryGet("c"u8, out last));
        Assert.Equal(new string('x', 461), Wire.Text(last));
    }

    [Fact]
    public void Clear_gives_back_what_grew_too_large()
    {
        HeaderMap map = Map("a=" + new string('x', 2 * HeaderMap.MaxRetainedBytes));
        map.Clear();
        Assert.Equal((0, 0L, false), (map.Count, map.ByteSize, map.Contains("a"u8)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        map.Add("a"u8, "b"u8);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() > before);
    }

    [Fact]
    public void Replacing_a_value_again_and_again_does_not_grow_without_bound()
    {
        HeaderMap map = Map("a=b");
        byte[] value = new byte[100];
        for (int i = 0; i < 1000; i++)
        {
            Array.Fill(value, (byte)'v');
            map.Set("a"u8, value.AsSpan(0, 50 + (i % 50)));
            map.Set(KnownHeader.Via, value.AsSpan(0, 50 + (i % 50)));
        }

        Assert.Equal(2, map.Count);
        map.Set("a"u8, ""u8);
        Assert.Equal("a: \nvia: " + new string('v', 99) + "\n", Wire.Show(map));
    }

    [Fact]
    public void A_copy_is_equal_and_apart()
    {
        HeaderMap map = Map("Via=1", "x=1", "via=2");
        HeaderMap copy = Map("old=1");
        map.CopyTo(copy);
        map.Clear();
        Assert.Equal("via: 1\nx: 1\nvia: 2\n", Wire.Show(copy));
        Assert.Equal(2, copy.CountOf(KnownHeader.Via));
        copy.CopyTo(copy);
        Assert.Equal(3, copy.Count);
    }

    [Fact]
    public void A_map_does_the_same_as_a_list_of_pairs()
    {
        // A model test: random operations against the obvious implementation.
        Random random = new(7);
        string[] names = ["via", "x-a", "cookie", "x-b", "te", "x-forwarded-for", "a-name-that-is-quite-a-bit-longer"];
        for (int round = 0; round < 300; round++)
        {
            HeaderMap map = new();
            List<(string Name, string Value)> model = [];
            for (int step = 0; step < 40; step++)
            {
                string name = names[random.Next(names.Length)];
                byte[] sent = Wire.Bytes(random.Next(2) == 0 ? name.ToUpperInvariant() : name);
                string value = new('v', random.Next(60));
                KnownHeader known = KnownHeaders.Find(sent);
                switch (random.Next(6))
                {
                    case 0 or 1:
                        map.Add(sent, Wire.Bytes(value));
                        model.Add((name, value));
                        break;
                    case 2:
                        map.Set(sent, Wire.Bytes(value));
                        int first = model.FindIndex(field => field.Name == name);
                        model.RemoveAll(field => field.Name == name && first >= 0);
                        model.Insert(first < 0 ? model.Count : first, (name, value));
                        break;
                    case 3:
                        Assert.Equal(model.RemoveAll(field => field.Name == name) > 0, map.Remove(sent));
                        break;
                    case 4 when model.Count > 0:
                        int index = random.Next(model.Count);
                        model.RemoveAt(index);
                        map.RemoveAt(index);
                        break;
                    case 5 when known != KnownHeader.None:
                        Assert.Equal(model.RemoveAll(field => field.Name == name), map.RemoveWhere(KnownHeaderSet.Of(known)));
                        break;
                    default:
                        break;
                }

                Assert.Equal(string.Concat(model.Select(field => $"{field.Name}: {field.Value}\n")), Wire.Show(map));
                Assert.Equal(model.Sum(field => field.Name.Length + field.Value.Length), map.ByteSize);
                Assert.Equal(model.Count(field => field.Name == name), map.CountOf(sent));
                Assert.Equal(model.Exists(field => field.Name == name), map.Contains(sent));
            }
        }
    }
}
