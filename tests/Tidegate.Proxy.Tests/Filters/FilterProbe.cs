using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>A filter that does what a test says with each request.</summary>
internal sealed class FilterProbe(Action<FilterRun> onRequest) : HttpFilter
{
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        onRequest(run);
        return default;
    }
}
