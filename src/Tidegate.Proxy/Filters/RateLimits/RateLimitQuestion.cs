using System.Text;
using Envoy.Extensions.Common.Ratelimit.V3;
using Envoy.Service.Ratelimit.V3;
using Envoy.Type.V3;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using XRateLimitOption = Envoy.Config.Route.V3.RateLimit.Types.XRateLimitOption;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>A question to a rate limit service, and what the descriptors in it say about telling their state.</summary>
/// <param name="Request">The question; one without descriptors is not asked.</param>
/// <param name="Telling">What each descriptor says.</param>
internal sealed record RateLimitQuestion(RateLimitRequest Request, List<XRateLimitOption> Telling)
{
    /// <summary>What a request is to a service's limits.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="rule">The limit.</param>
    /// <param name="isAtEnd">Whether what is counted at the end of an exchange is asked for, or what is counted before.</param>
    public static RateLimitQuestion Of(FilterRun run, GlobalRateLimitRule rule, bool isAtEnd)
    {
        var question = new RateLimitQuestion(new RateLimitRequest { Domain = rule.Domain }, []);
        DescriptorLists lists = DescriptorLists.Of(run, rule.OwnDescriptors, rule.HostDescriptors);
        question.Add(run.Exchange, lists.First, lists.HasStages ? rule.Stage : null, isAtEnd);
        question.Add(run.Exchange, lists.Second, lists.HasStages ? rule.Stage : null, isAtEnd);
        return question;
    }

    private void Add(HttpExchange exchange, RequestDescriptor[] descriptors, uint? stage, bool isAtEnd)
    {
        Span<byte> room = stackalloc byte[512];
        foreach (RequestDescriptor descriptor in descriptors)
        {
            if (descriptor.IsCountedAtEnd != isAtEnd || (stage is { } wanted && descriptor.Stage != wanted))
            {
                continue;
            }

            var entries = new ByteBuilder(room);
            if (descriptor.TryWrite(exchange, ref entries) && entries.Length > 0 && descriptor.TryCountHits(exchange, out uint hits))
            {
                RateLimitDescriptor message = Message(entries.Written);
                message.Limit = descriptor.Limit is null ? null : Limit(descriptor.Limit.Find(exchange.DynamicMetadata));
                message.HitsAddend = descriptor.Hits is null ? null : hits;
                Request.Descriptors.Add(message);
                Telling.Add(descriptor.Telling);
            }

            entries.Dispose();
        }
    }

    private static RateLimitDescriptor Message(ReadOnlySpan<byte> entries)
    {
        var message = new RateLimitDescriptor();
        while (DescriptorEntries.TryNext(ref entries, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            message.Entries.Add(new RateLimitDescriptor.Types.Entry { Key = Encoding.UTF8.GetString(key), Value = Encoding.UTF8.GetString(value) });
        }

        return message;
    }

    // One that cannot be read is none (Envoy).
    private static RateLimitDescriptor.Types.RateLimitOverride? Limit(MetadataValue? noted) =>
        noted?.Find(["requests_per_unit"]) is { Kind: MetadataKind.Number, Number: >= 0 and <= uint.MaxValue } number
        && noted.Find(["unit"]) is { Kind: MetadataKind.Text } unit
        && Enum.TryParse(Encoding.UTF8.GetString(unit.Text), ignoreCase: true, out RateLimitUnit known)
            ? new RateLimitDescriptor.Types.RateLimitOverride { RequestsPerUnit = (uint)number.Number, Unit = known }
            : null;
}
