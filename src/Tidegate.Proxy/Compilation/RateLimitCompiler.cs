using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters.RateLimits;
using Kind = Envoy.Config.Route.V3.RateLimit.Types.Action.ActionSpecifierOneofCase;
using MetaData = Envoy.Config.Route.V3.RateLimit.Types.Action.Types.MetaData;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles how routes describe requests to rate limits (Envoy: <c>RateLimit</c>).</summary>
internal sealed class RateLimitCompiler(MatcherCompiler matchers)
{
    private const uint MaxStage = 10;

    /// <summary>Compiles the descriptors of a route or a virtual host.</summary>
    /// <param name="limits">What is compiled.</param>
    /// <param name="metadata">The metadata of the route; null when it has none.</param>
    /// <param name="scope">Where they stand.</param>
    public RequestDescriptor[] Compile(RepeatedField<RateLimit> limits, Metadata? metadata, CompileScope scope)
    {
        List<RequestDescriptor> descriptors = [];
        for (int i = 0; i < limits.Count; i++)
        {
            CompileScope at = scope.At("rate_limits", i);
            RateLimit limit = limits[i];
            at.RefuseIf(limit.Actions.Count == 0, "actions is empty");
            at.RefuseIf(limit.Limit is not null, "limit is not supported");
            at.RefuseIf(limit.Stage > MaxStage, $"stage {limit.Stage} is greater than {MaxStage}");
            List<RateLimitAction> actions = [];
            for (int j = 0; j < limit.Actions.Count; j++)
            {
                if (Action(limit.Actions[j], metadata, at.At("actions", j)) is { } action)
                {
                    actions.Add(action);
                }
            }

            // With a key that could switch them off Envoy's local limits take no part.
            if (limit.DisableKey.Length == 0)
            {
                descriptors.Add(new RequestDescriptor(limit.Stage ?? 0, actions));
            }
        }

        return [.. descriptors];
    }

    private RateLimitAction? Action(RateLimit.Types.Action action, Metadata? metadata, CompileScope scope)
    {
        switch (action.ActionSpecifierCase)
        {
            case Kind.DestinationCluster:
                return new DestinationClusterAction();
            case Kind.RequestHeaders:
                scope.At("request_headers").RefuseIf(action.RequestHeaders.HeaderName.Length == 0 || action.RequestHeaders.DescriptorKey.Length == 0, "header_name and descriptor_key are needed");
                return action.RequestHeaders.HeaderName.Length == 0
                    ? null
                    : new RequestHeaderAction(action.RequestHeaders.HeaderName, action.RequestHeaders.DescriptorKey, action.RequestHeaders.SkipIfAbsent);
            case Kind.RemoteAddress:
                return new RemoteAddressAction();
            case Kind.MaskedRemoteAddress:
                return new MaskedAddressAction((int)Math.Min(action.MaskedRemoteAddress.V4PrefixMaskLen ?? 32, 32), (int)Math.Min(action.MaskedRemoteAddress.V6PrefixMaskLen ?? 128, 128));
            case Kind.GenericKey:
                scope.At("generic_key").RefuseIf(action.GenericKey.DescriptorValue.Length == 0, "descriptor_value is empty");
                return new ConstantAction(Entry(action.GenericKey.DescriptorKey, "generic_key", action.GenericKey.DescriptorValue));
            case Kind.HeaderValueMatch:
                RateLimit.Types.Action.Types.HeaderValueMatch byHeader = action.HeaderValueMatch;
                CompileScope headerScope = scope.At("header_value_match");
                headerScope.RefuseIf(byHeader.Headers.Count == 0 || byHeader.DescriptorValue.Length == 0, "descriptor_value and headers are needed");
                return new HeaderMatchAction(
                    Entry(byHeader.DescriptorKey, "header_match", byHeader.DescriptorValue),
                    byHeader.ExpectMatch ?? true,
                    [.. byHeader.Headers.Select((header, i) => matchers.Header(header, headerScope.At("headers", i)))]);
            case Kind.QueryParameterValueMatch:
                RateLimit.Types.Action.Types.QueryParameterValueMatch byQuery = action.QueryParameterValueMatch;
                CompileScope queryScope = scope.At("query_parameter_value_match");
                queryScope.RefuseIf(byQuery.QueryParameters.Count == 0 || byQuery.DescriptorValue.Length == 0, "descriptor_value and query_parameters are needed");
                return new QueryMatchAction(
                    Entry(byQuery.DescriptorKey, "query_match", byQuery.DescriptorValue),
                    byQuery.ExpectMatch ?? true,
                    [.. byQuery.QueryParameters.Select((parameter, i) => MatcherCompiler.QueryParameter(parameter, queryScope.At("query_parameters", i)))]);
            case Kind.Metadata:
                return OfMetadata(action.Metadata, metadata);
            default:
                scope.Refuse($"the action {action.ActionSpecifierCase} is not supported");
                return null;
        }
    }

    // A route's metadata is always the same. What filters note of a request is not looked at: the default stands for it.
    private static RateLimitAction OfMetadata(MetaData source, Metadata? metadata)
    {
        string value = source.Source == MetaData.Types.Source.RouteEntry && metadata is not null ? Find(source, metadata) : string.Empty;
        value = value.Length > 0 ? value : source.DefaultValue;
        return value.Length > 0 ? new ConstantAction(Entry(source.DescriptorKey, string.Empty, value))
            : source.SkipIfAbsent ? new ConstantAction(null)
            : new AbsentAction();
    }

    private static string Find(MetaData source, Metadata metadata)
    {
        if (source.MetadataKey is not { } key || !metadata.FilterMetadata.TryGetValue(key.Key, out Struct? at))
        {
            return string.Empty;
        }

        Value? found = null;
        foreach (Envoy.Type.Metadata.V3.MetadataKey.Types.PathSegment segment in key.Path)
        {
            if (at is null || !at.Fields.TryGetValue(segment.Key, out found))
            {
                return string.Empty;
            }

            at = found.StructValue;
        }

        return found is { KindCase: Value.KindOneofCase.StringValue } ? found.StringValue : string.Empty;
    }

    private static byte[] Entry(string key, string otherwise, string value) => RequestDescriptor.Entry(key.Length > 0 ? key : otherwise, value);
}
