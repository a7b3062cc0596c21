using System.Globalization;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Common.Ratelimit.V3;
using Envoy.Service.Ratelimit.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.RateLimit.Configuration;
using Tidegate.RateLimit.Counters;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Statistics;
using Code = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.Code;
using Status = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.DescriptorStatus;
using Unit = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Tidegate.RateLimit.Serving;

/// <summary>
/// Decides whether requests are within their limits, as the well-known server does: each descriptor counts for its own limit, one that is over makes the
/// whole over, shadow limits are never over.
/// </summary>
/// <param name="limits">The limits in force.</param>
/// <param name="counters">Where hits are counted.</param>
/// <param name="known">Counters that are known to be over.</param>
/// <param name="counts">What is counted of the server.</param>
/// <param name="settings">What the operator wants.</param>
/// <param name="time">The clock.</param>
public sealed class RateLimitDecider(Func<LimitTable> limits, ICounters counters, OverLimitCache known, ServerCounts counts, DeciderSettings settings, TimeProvider time)
{
    /// <summary>Decides.</summary>
    /// <exception cref="ArgumentException">The question is none.</exception>
    /// <exception cref="CountersUnavailableException">Hits could not be counted in time.</exception>
    public async ValueTask<RateLimitResponse> DecideAsync(RateLimitRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        counts.OnRequest();
        if (request.Domain.Length == 0 || request.Descriptors.Count == 0)
        {
            counts.OnBadRequest();
            throw new ArgumentException(request.Domain.Length == 0 ? "rate limit domain must not be empty" : "rate limit descriptor list must not be empty");
        }

        // 1. The limits of the descriptors, and their counters.
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        FoundLimit?[] found = Find(request);
        var asked = new Asked[found.Length];
        List<CounterHit> hits = [];
        for (int i = 0; i < found.Length; i++)
        {
            asked[i] = Ask(request, i, found[i], now);
            if (asked[i] is { Key: { } key, IsKnown: false } one)
            {
                asked[i] = one with { Index = hits.Count };
                hits.Add(new CounterHit(key, one.Hits, LimitWindow.SecondsOf(one.Rule!.Limit.Unit)));
            }
        }

        // 2. What they have counted.
        ulong[] values = [];
        if (hits.Count > 0)
        {
            try
            {
                values = await counters.AddAsync(hits, cancellation).ConfigureAwait(false);
            }
            catch (CountersUnavailableException)
            {
                counts.OnCounterError();
                throw;
            }
        }

        // 3. The answer.
        var response = new RateLimitResponse { OverallCode = Code.Ok };
        long retryAfter = 0;
        for (int i = 0; i < asked.Length; i++)
        {
            Status status = StatusOf(asked[i], found[i], values, now);
            response.Statuses.Add(status);
            if (status.Code == Code.OverLimit)
            {
                response.OverallCode = Code.OverLimit;
                retryAfter = Math.Max(retryAfter, status.DurationUntilReset.Seconds);
            }
        }

        if (response.OverallCode == Code.OverLimit && settings.IsShadow)
        {
            response.OverallCode = Code.Ok;
        }
        else if (response.OverallCode == Code.OverLimit && settings.TellsRetryAfter)
        {
            response.ResponseHeadersToAdd.Add(new HeaderValue { Key = "retry-after", Value = retryAfter.ToString(CultureInfo.InvariantCulture) });
        }

        return response;
    }

    private FoundLimit?[] Find(RateLimitRequest request)
    {
        LimitNode? domain = limits().Domains.GetValueOrDefault(request.Domain);
        FoundLimit?[] found = [.. request.Descriptors.Select(descriptor => domain is null ? null : Override(request.Domain, descriptor) ?? domain.Find(descriptor))];
        HashSet<string> replaced = [.. found.SelectMany(static limit => limit?.Rule.Replaces ?? [])];
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] is { Rule.Limit.Name: { Length: > 0 } name } && replaced.Contains(name))
            {
                found[i] = null;
            }
        }

        return found;
    }

    // A limit that the gateway has brought counts instead of ours.
    private FoundLimit? Override(string domain, RateLimitDescriptor descriptor)
    {
        if (descriptor.Limit is not { } limit || limit.Unit == Envoy.Type.V3.RateLimitUnit.Unknown)
        {
            return null;
        }

        string path = PathOf(domain, descriptor);
        return new FoundLimit(
            new LimitRule
            {
                Path = path,
                Limit = new RateLimitResponse.Types.RateLimit { RequestsPerUnit = limit.RequestsPerUnit, Unit = (Unit)limit.Unit },
                Counts = counts.OfValue(path, counts.OfLimit($"{domain}.override")),
            },
            SharedValues: null);
    }

    private Asked Ask(RateLimitRequest request, int index, FoundLimit? found, long now)
    {
        RateLimitDescriptor descriptor = request.Descriptors[index];
        ulong hits = Math.Min(descriptor.HitsAddend ?? Math.Max(1, request.HitsAddend), long.MaxValue / 4);
        if (found is null || found.Rule.IsUnlimited)
        {
            return new Asked(null, null, hits, false, null, -1);
        }

        LimitCounts ofRule = found.Rule.IsDetailed ? counts.OfValue(PathOf(request.Domain, descriptor), found.Rule.Counts) : found.Rule.Counts;
        ofRule.AddTotal(hits);
        string key = KeyOf(request.Domain, descriptor, found, now);
        return new Asked(found.Rule, key, hits, known.Has(key, found.Rule.Limit.RequestsPerUnit, now), ofRule, -1);
    }

    private Status StatusOf(Asked asked, FoundLimit? found, ulong[] values, long now)
    {
        if (asked.Rule is not { } rule)
        {
            return new Status { Code = Code.Ok, LimitRemaining = found is null ? 0 : uint.MaxValue };
        }

        long rest = LimitWindow.RestOf(rule.Limit.Unit, now);
        bool isOver = asked.IsKnown;
        ulong limit = rule.Limit.RequestsPerUnit;
        ulong after = 0;
        if (isOver)
        {
            asked.Counts!.AddKnown(asked.Hits, rule.IsShadow);
        }
        else
        {
            after = values[asked.Index];
            isOver = after > limit;
            asked.Counts!.Add(after, asked.Hits, limit, rule.IsShadow);
            if (isOver && asked.Hits > 0)
            {
                known.Add(asked.Key!, limit, now, rest);
            }
        }

        return new Status
        {
            Code = isOver && !rule.IsShadow ? Code.OverLimit : Code.Ok,
            CurrentLimit = rule.Limit,
            LimitRemaining = isOver ? 0 : (uint)(limit - after),
            DurationUntilReset = new Duration { Seconds = rest },
        };
    }

    // The well-known server's form: DOMAIN_KEY_VALUE_..._WINDOW.
    private string KeyOf(string domain, RateLimitDescriptor descriptor, FoundLimit found, long now)
    {
        var key = new StringBuilder(settings.KeyPrefix).Append(domain).Append('_');
        for (int i = 0; i < descriptor.Entries.Count; i++)
        {
            key.Append(descriptor.Entries[i].Key).Append('_').Append(found.SharedValues?[i] ?? descriptor.Entries[i].Value).Append('_');
        }

        return key.Append(LimitWindow.StartOf(found.Rule.Limit.Unit, now)).ToString();
    }

    private static string PathOf(string domain, RateLimitDescriptor descriptor) =>
        $"{domain}.{string.Join('.', descriptor.Entries.Select(static entry => entry.Value.Length > 0 ? $"{entry.Key}_{entry.Value}" : entry.Key))}";

    private readonly record struct Asked(LimitRule? Rule, string? Key, ulong Hits, bool IsKnown, LimitCounts? Counts, int Index);
}

/// <summary>What the operator wants of decisions.</summary>
/// <param name="IsShadow">Whether nothing is refused, and all is counted.</param>
/// <param name="TellsRetryAfter">Whether refusals say when to come again (<c>retry-after</c>).</param>
/// <param name="KeyPrefix">What keys of counters begin with.</param>
public sealed record DeciderSettings(bool IsShadow, bool TellsRetryAfter, string KeyPrefix);
