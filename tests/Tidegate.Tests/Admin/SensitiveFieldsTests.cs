using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.ApiKeyAuth.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Xds;
using Udpa.Annotations;

namespace Tidegate.Tests.Admin;

/// <summary>What Envoy's API marks as sensitive is in no dump, in whatever message and however deep it stands.</summary>
public sealed class SensitiveFieldsTests
{
    private const string Secret = "s3cret-word";

    public static TheoryData<string> Messages =>
    [
        .. typeof(XdsTypeRegistry).Assembly.GetTypes()
            .Where(static type => typeof(IMessage).IsAssignableFrom(type) && !type.IsAbstract)
            .Select(static type => ((IMessage)Activator.CreateInstance(type)!).Descriptor)
            .Where(static type => type.Fields.InDeclarationOrder().Any(IsSensitive))
            .Select(static type => type.FullName)
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_sensitive_field_of_every_message_is_hidden(string name)
    {
        MessageDescriptor type = XdsTypeRegistry.Find($"type.googleapis.com/{name}")!;
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder().Where(IsSensitive))
        {
            Fill(message, field, 0);
            Assert.Contains(Secret, message.ToByteString().ToStringUtf8(), StringComparison.Ordinal);
            Assert.True(SensitiveFields.AreIn(message));

            IMessage shown = SensitiveFields.Redact(message);
            Assert.DoesNotContain(Secret, shown.ToByteString().ToStringUtf8(), StringComparison.Ordinal);
            Assert.Contains("[redacted]", shown.ToByteString().ToStringUtf8(), StringComparison.Ordinal);
            Assert.Contains(Secret, message.ToByteString().ToStringUtf8(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_hidden_in_envelopes_and_lists_and_maps_and_the_rest_stays()
    {
        var filter = new ApiKeyAuth { Credentials = { new Credential { Key = Secret, Client = "alice" } }, KeySources = { new KeySource { Header = "x-key" } } };
        var manager = new HttpConnectionManager { StatPrefix = "in", HttpFilters = { new HttpFilter { Name = "keys", TypedConfig = Any.Pack(filter) } } };
        var listener = new Listener { Name = "l", FilterChains = { new FilterChain { Filters = { new Filter { Name = "hcm", TypedConfig = Any.Pack(manager) } } } } };
        var routes = new RouteConfiguration
        {
            VirtualHosts = { new VirtualHost { Routes = { new Route { TypedPerFilterConfig = { ["keys"] = Any.Pack(new FilterConfig { Config = Any.Pack(new ApiKeyAuthPerRoute { Credentials = { new Credential { Key = Secret, Client = "a" } } }) }) } } } } },
        };

        var shown = (Listener)SensitiveFields.Redact(listener);
        ApiKeyAuth inner = shown.FilterChains[0].Filters[0].TypedConfig.Unpack<HttpConnectionManager>().HttpFilters[0].TypedConfig.Unpack<ApiKeyAuth>();
        Assert.Equal(("[redacted]", "x-key"), (inner.Credentials[0].Key, inner.KeySources[0].Header));
        Assert.DoesNotContain(Secret, SensitiveFields.Redact(routes).ToByteString().ToStringUtf8(), StringComparison.Ordinal);
        Assert.Contains(Secret, listener.ToByteString().ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_hidden_where_fields_are_packed_as_JSON()
    {
        var known = new global::Xds.Type.V3.TypedStruct
        {
            TypeUrl = "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth",
            Value = Struct.Parser.ParseJson($$"""{"credentials": [{"key": "{{Secret}}", "client": "alice"}]}"""),
        };
        var unreadable = new global::Xds.Type.V3.TypedStruct(known) { Value = Struct.Parser.ParseJson($$"""{"credentialz": "{{Secret}}"}""") };

        foreach (global::Xds.Type.V3.TypedStruct packed in new[] { known, unreadable })
        {
            var filter = new HttpFilter { Name = "keys", TypedConfig = Any.Pack(packed) };
            Assert.DoesNotContain(Secret, SensitiveFields.Redact(filter).ToByteString().ToStringUtf8(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_has_nothing_of_the_kind_is_shown_as_it_is()
    {
        var listener = new Listener { Name = "l" };

        Assert.Same(listener, SensitiveFields.Redact(listener));
        Assert.False(SensitiveFields.AreIn(listener));
    }

    [Fact]
    public void Of_an_envelope_of_a_kind_that_nobody_knows_the_kind_is_shown()
    {
        var context = new TlsCertificate { PrivateKeyProvider = new PrivateKeyProvider { TypedConfig = new Any { TypeUrl = "type.googleapis.com/a.Provider", Value = ByteString.CopyFromUtf8(Secret) } } };

        Assert.Equal("type.googleapis.com/a.Provider", Assert.IsType<TlsCertificate>(SensitiveFields.Redact(context)).PrivateKeyProvider.TypedConfig.TypeUrl);
        Assert.DoesNotContain(Secret, SensitiveFields.Redact(context).ToByteString().ToStringUtf8(), StringComparison.Ordinal);
    }

    private static bool IsSensitive(FieldDescriptor field) => !IsEnvelope(field) && field.GetOptions()?.GetExtension(SensitiveExtensions.Sensitive) == true;

    private static bool IsEnvelope(FieldDescriptor field) => field.FieldType == FieldType.Message && field.MessageType == Any.Descriptor;

    // Puts the word into the field, or into the first text within it.
    private static void Fill(IMessage message, FieldDescriptor field, int depth)
    {
        if (field.IsMap)
        {
            ((System.Collections.IDictionary)field.Accessor.GetValue(message))["name"] = Secret;
        }
        else if (field.FieldType == FieldType.Message)
        {
            IMessage inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
            Fill(inner, field.MessageType.Fields.InDeclarationOrder().First(one => one.FieldType is FieldType.String or FieldType.Bytes || (depth < 3 && one.FieldType == FieldType.Message)), depth + 1);
            if (field.IsRepeated)
            {
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(inner);
            }
            else
            {
                field.Accessor.SetValue(message, inner);
            }
        }
        else
        {
            object value = field.FieldType == FieldType.Bytes ? ByteString.CopyFromUtf8(Secret) : Secret;
            if (field.IsRepeated)
            {
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
            }
            else
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }
}
