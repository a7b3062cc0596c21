using Envoy.Config.Accesslog.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using AccessLogType = Envoy.Data.Accesslog.V3.AccessLogType;
using Kind = Envoy.Config.Accesslog.V3.AccessLogFilter.FilterSpecifierOneofCase;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles filters of access logs and of answers of our own (Envoy: <c>AccessLogFilter</c>).</summary>
internal static class LogFilterCompiler
{
    private const int MaxDepth = 16;

    private static readonly MatcherCompiler Matchers = new(RepeatedHeaderMode.Individual);

    /// <summary>Compiles a filter; null with an error, or without one when there is no filter.</summary>
    public static LogFilter? Compile(AccessLogFilter? filter, out string error)
    {
        error = string.Empty;
        return filter is null or { FilterSpecifierCase: Kind.None } ? null : CompileOne(filter, 0, out error);
    }

    private static LogFilter? CompileOne(AccessLogFilter filter, int depth, out string error)
    {
        error = string.Empty;
        switch (filter.FilterSpecifierCase)
        {
            case Kind.ResponseFlagFilter:
                return OfFlags(filter.ResponseFlagFilter, out error);
            case Kind.StatusCodeFilter when filter.StatusCodeFilter.Comparison is { Value: { } value } comparison:
                return new StatusCodeLogFilter(comparison.Op, value.DefaultValue);
            case Kind.DurationFilter when filter.DurationFilter.Comparison is { Value: { } value } comparison:
                return new DurationLogFilter(comparison.Op, value.DefaultValue);
            case Kind.StatusCodeFilter or Kind.DurationFilter:
                error = "comparison: has no value";
                return null;
            case Kind.NotHealthCheckFilter:
                return new NotHealthCheckLogFilter();
            case Kind.RuntimeFilter:
                return new SamplingLogFilter(
                    filter.RuntimeFilter.PercentSampled is { } share ? MatcherCompiler.Fraction(share) : new RequestFraction(0, 100));
            case Kind.AndFilter:
                return All(filter.AndFilter.Filters, "and_filter", depth, out error) is { } all ? new AndLogFilter(all) : null;
            case Kind.OrFilter:
                return All(filter.OrFilter.Filters, "or_filter", depth, out error) is { } any ? new OrLogFilter(any) : null;
            case Kind.HeaderFilter:
                return OfHeader(filter.HeaderFilter, out error);
            case Kind.GrpcStatusFilter:
                return OfGrpcStatus(filter.GrpcStatusFilter);
            case Kind.MetadataFilter:
                // No filter here makes metadata of requests, so that none has the key that is asked for.
                return new ConstantLogFilter(filter.MetadataFilter.Matcher is null || (filter.MetadataFilter.MatchIfKeyNotFound ?? true));
            case Kind.LogTypeFilter:
                // A request is logged once, when it is over.
                return new ConstantLogFilter(filter.LogTypeFilter.Types_.Contains(AccessLogType.DownstreamEnd) != filter.LogTypeFilter.Exclude);
            case Kind.None:
                error = "a filter is empty";
                return null;
            default:
                error = $"the filter {filter.FilterSpecifierCase} is not supported";
                return null;
        }
    }

    private static LogFilter[]? All(RepeatedField<AccessLogFilter> filters, string field, int depth, out string error)
    {
        error = filters.Count < 2 ? $"{field}: filters: two at least are needed"
            : depth >= MaxDepth ? $"{field}: nested too deeply"
            : string.Empty;
        if (error.Length > 0)
        {
            return null;
        }

        var compiled = new LogFilter[filters.Count];
        for (int i = 0; i < compiled.Length; i++)
        {
            if (CompileOne(filters[i], depth + 1, out error) is not { } one)
            {
                error = $"{field}: filters[{i}]: {error}";
                return null;
            }

            compiled[i] = one;
        }

        return compiled;
    }

    private static ResponseFlagLogFilter? OfFlags(ResponseFlagFilter filter, out string error)
    {
        error = string.Empty;
        ResponseFlags flags = filter.Flags.Count == 0 ? (ResponseFlags)(-1) : ResponseFlags.None;
        foreach (string name in filter.Flags)
        {
            if (ResponseFlagNames.TryFind(name, out ResponseFlags flag))
            {
                flags |= flag;
            }
            else if (!ResponseFlagNames.IsKnownElsewhere(name))
            {
                error = $"response_flag_filter: the response flag \"{name}\" is not known";
                return null;
            }
        }

        return new ResponseFlagLogFilter(flags);
    }

    private static HeaderLogFilter? OfHeader(HeaderFilter filter, out string error)
    {
        var report = new CompileReport();
        if (filter.Header is null)
        {
            report.Root.Refuse("header_filter: header is missing");
        }

        Routing.HeaderMatcher? matcher = filter.Header is null ? null : Matchers.Header(filter.Header, report.Root.At("header_filter").At("header"));
        error = string.Join("; ", report.Reasons);
        return error.Length > 0 ? null : new HeaderLogFilter(matcher!);
    }

    private static GrpcStatusLogFilter OfGrpcStatus(GrpcStatusFilter filter)
    {
        uint statuses = 0;
        foreach (GrpcStatusFilter.Types.Status status in filter.Statuses)
        {
            statuses |= 1u << ((int)status & 31);
        }

        return new GrpcStatusLogFilter(statuses, filter.Exclude);
    }
}
