using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Tests.Telemetry;

namespace Tidegate.Proxy.Tests.HeaderPolicy;

/// <summary>Changes to fields, with values that are made of the exchange: istio-gateway.md 4.5.</summary>
public sealed class HeaderMutationsTests
{
    private readonly HttpExchange _exchange = SampleExchange.Create();

    private HeaderMap Headers => _exchange.Request.Headers;

    [Fact]
    public void A_level_removes_then_sets_then_adds_whatever_the_order_of_the_list()
    {
        Headers.Add("x-a"u8, "client"u8);
        HeaderMutations mutations = HeaderMutations.Of(
        [
            [Change(HeaderMutationKind.Append, "x-a", "added"), Change(HeaderMutationKind.Set, "X-A", "set"), HeaderMutation.Removal("X-a")],
        ]);

        mutations.Apply(Headers, _exchange);

        Assert.Equal(["set", "added"], ValuesOf("x-a"));
    }

    [Fact]
    public void Values_are_made_of_the_fields_before_the_levels_changes_and_after_those_of_the_level_before()
    {
        Headers.Add("x-a"u8, "client"u8);
        HeaderMutations mutations = HeaderMutations.Of(
        [
            [Change(HeaderMutationKind.Set, "x-a", "first"), Change(HeaderMutationKind.Set, "x-seen", "%REQ(x-a)%")],
            [Change(HeaderMutationKind.Set, "x-seen-next", "%REQ(x-a)%")],
        ]);

        mutations.Apply(Headers, _exchange);

        Assert.Equal(["client"], ValuesOf("x-seen"));
        Assert.Equal(["first"], ValuesOf("x-seen-next"));
    }

    [Theory]
    [InlineData("%REQ(x-missing)%", false, null)]
    [InlineData("%REQ(x-missing)%", true, "")]
    [InlineData("a%REQ(x-missing)%b", false, "ab")]
    [InlineData("", false, null)]
    [InlineData("", true, "")]
    [InlineData("50%%", false, "50%")]
    [InlineData("%REQ(:METHOD)%", false, "GET")]
    public void A_value_that_is_empty_is_set_only_where_it_is_to_be_kept(string value, bool keepsEmpty, string? expected)
    {
        Assert.True(HeaderMutation.TryCompile(HeaderMutationKind.Set, "x-new", value, keepsEmpty, out HeaderMutation? mutation, out _));

        HeaderMutations.Of([[mutation]]).Apply(Headers, _exchange);

        Assert.Equal(expected is null ? [] : [expected], ValuesOf("x-new"));
    }

    [Fact]
    public void A_long_value_is_made_whole()
    {
        string value = new('v', 5000);
        Headers.Add("x-long"u8, Encoding.ASCII.GetBytes(value));

        HeaderMutations.Of([[Change(HeaderMutationKind.Append, "x-copy", "<%REQ(x-long)%>")]]).Apply(Headers, _exchange);

        Assert.Equal([$"<{value}>"], ValuesOf("x-copy"));
    }

    [Theory]
    [InlineData(HeaderMutationKind.AddIfAbsent, "x-there", "old")]
    [InlineData(HeaderMutationKind.AddIfAbsent, "x-not-there", "new")]
    [InlineData(HeaderMutationKind.SetIfPresent, "x-there", "new")]
    [InlineData(HeaderMutationKind.SetIfPresent, "x-not-there", null)]
    public void Conditions_on_the_field_are_heeded(HeaderMutationKind kind, string name, string? expected)
    {
        Headers.Add("x-there"u8, "old"u8);

        HeaderMutations.Of([[Change(kind, name, "new")]]).Apply(Headers, _exchange);

        Assert.Equal(expected is null ? [] : [expected], ValuesOf(name));
    }

    [Theory]
    [InlineData("%NOPE%", "NOPE")]
    [InlineData("100%", "no command operator")]
    [InlineData("a\r\nb", "control character")]
    public void A_value_that_cannot_be_made_is_refused(string value, string reason)
    {
        Assert.False(HeaderMutation.TryCompile(HeaderMutationKind.Set, "x", value, false, out _, out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Applying_allocates_nothing()
    {
        HeaderMutations mutations = HeaderMutations.Of([[Change(HeaderMutationKind.Set, "x-a", "%REQ(:PATH)%"), Change(HeaderMutationKind.Set, "x-b", "b"), HeaderMutation.Removal("x-c")]]);
        mutations.Apply(Headers, _exchange);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            mutations.Apply(Headers, _exchange);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static HeaderMutation Change(HeaderMutationKind kind, string name, string value) =>
        HeaderMutation.TryCompile(kind, name, value, keepsEmpty: false, out HeaderMutation? mutation, out string error)
            ? mutation
            : throw new ArgumentException(error);

    private List<string> ValuesOf(string name)
    {
        List<string> values = [];
        foreach (HeaderEntry entry in Headers)
        {
            if (Encoding.ASCII.GetString(entry.Name) == name)
            {
                values.Add(Encoding.UTF8.GetString(entry.Value));
            }
        }

        return values;
    }
}
