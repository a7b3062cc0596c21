using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Failures;
using Tidegate.Printing;
using Tidegate.Xds;

namespace Tidegate.ProxyConfig;

/// <summary>
/// A config dump as it was received: Envoy's, Tidegate's or istiod's. A section is read when it is asked for (cli.md, 4.3).
/// </summary>
public sealed class ConfigDumpDocument
{
    private const string ResponseError = "error unmarshalling config dump response from Envoy: ";
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };
    private readonly List<(string TypeUrl, JsonElement Json)> _sections = [];

    private ConfigDumpDocument(string text) => Text = text;

    /// <summary>The text as received.</summary>
    public string Text { get; }

    /// <summary>Reads the outer shape.</summary>
    /// <exception cref="CommandException">It is no JSON, or no config dump.</exception>
    public static ConfigDumpDocument Parse(string text)
    {
        var dump = new ConfigDumpDocument(text);
        try
        {
            JsonElement root = JsonDocument.Parse(text, Options).RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("configs", out JsonElement configs) || configs.ValueKind != JsonValueKind.Array)
            {
                throw new CommandException($"{ResponseError}there is no list \"configs\" in it; is this the output of /config_dump?");
            }

            foreach (JsonElement section in configs.EnumerateArray())
            {
                if (section.ValueKind != JsonValueKind.Object || !section.TryGetProperty("@type", out JsonElement type) || type.GetString() is not { } typeUrl)
                {
                    throw new CommandException($"{ResponseError}a section has no \"@type\"");
                }

                dump._sections.Add((typeUrl, section));
            }
        }
        catch (JsonException exception)
        {
            throw new CommandException(ResponseError + exception.Message, exception);
        }

        return dump;
    }

    /// <summary>A section; when there are several of a type, the last one.</summary>
    /// <exception cref="CommandException">It is not there, or cannot be read.</exception>
    public T Section<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, new() =>
        Sections(parser) is [.., T last] ? last : throw new CommandException($"config dump has no configuration type {XdsTypes.UrlOf(new T().Descriptor)}");

    /// <summary>All sections of a type, in order.</summary>
    /// <exception cref="CommandException">One of them cannot be read.</exception>
    public IReadOnlyList<T> Sections<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(parser);
        MessageDescriptor type = new T().Descriptor;
        string typeUrl = XdsTypes.UrlOf(type);
        try
        {
            return [.. _sections.Where(section => section.TypeUrl == typeUrl).Select(section => (T)ProtoJsonReader.Read(section.Json, type))];
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException or InvalidOperationException or FormatException)
        {
            throw new CommandException(ResponseError + exception.Message, exception);
        }
    }

    /// <summary>Reads what stands in an <see cref="Any"/>, whatever type it claims; one of a type that we do not know is an empty message.</summary>
    public static T Unpack<T>(Any? any)
        where T : class, IMessage<T>, new()
    {
        var message = new T();
        if (any is not null && any.TypeUrl != XdsTypes.UrlOf(Struct.Descriptor))
        {
            message.MergeFrom(any.Value);
        }

        return message;
    }
}
