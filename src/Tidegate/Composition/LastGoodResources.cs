using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Sources;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;

namespace Tidegate.Composition;

/// <summary>
/// Keeps last good units of what the data plane refuses, one file for each resource, in the folder of last good objects. As long as nothing is refused there is
/// no file.
/// </summary>
internal sealed partial class LastGoodResources : ILastGoodStore
{
    private readonly string _folder;
    private readonly ILogger _logger;
    private readonly Dictionary<XdsName, string> _paths = [];

    /// <summary>Finds what was kept.</summary>
    /// <param name="stateFolder">The state folder.</param>
    /// <param name="logger">Tells what cannot be written or read.</param>
    public LastGoodResources(string stateFolder, ILogger logger)
    {
        _folder = stateFolder;
        _logger = logger;
        if (Directory.Exists(_folder))
        {
            foreach (string path in Directory.EnumerateFiles(_folder, "*.pb"))
            {
                if (ReadFile(path) is { } kept)
                {
                    _paths[new XdsName(kept.Resource_.TypeUrl, kept.Name)] = path;
                    LogFound(_logger, new XdsName(kept.Resource_.TypeUrl, kept.Name), path);
                }
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<XdsName> Names => _paths.Keys;

    /// <inheritdoc/>
    public IMessage? Read(XdsName name)
    {
        if (!_paths.TryGetValue(name, out string? path) || ReadFile(path) is not { } kept)
        {
            return null;
        }

        try
        {
            return XdsTypeRegistry.Find(name.TypeUrl)?.Parser.ParseFrom(kept.Resource_.Value);
        }
        catch (InvalidProtocolBufferException exception)
        {
            LogNotRead(_logger, path, exception.Message);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Write(XdsName name, IMessage? message)
    {
        string path = StateFile.PathOf(_folder, name.ToString(), ".pb");
        try
        {
            if (message is null)
            {
                _paths.Remove(name);
                File.Delete(path);
                return;
            }

            var kept = new Resource { Name = name.Name, Resource_ = new Any { TypeUrl = name.TypeUrl, Value = message.ToByteString() } };
            StateFile.Write(path, kept.ToByteArray());
            _paths[name] = path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(_logger, path, exception.Message);
        }
    }

    private Resource? ReadFile(string path)
    {
        try
        {
            Resource kept = Resource.Parser.ParseFrom(File.ReadAllBytes(path));
            if (kept.Resource_ is not null)
            {
                return kept;
            }

            LogNotRead(_logger, path, "there is no resource in it");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidProtocolBufferException)
        {
            LogNotRead(_logger, path, exception.Message);
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Resource}: last good units from before this start are in {Path}")]
    private static partial void LogFound(ILogger logger, XdsName resource, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be read ({Reason}): what the proxy refuses now has no last good version")]
    private static partial void LogNotRead(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be written ({Reason}): after a restart, what the proxy refuses now will have no last good version")]
    private static partial void LogNotWritten(ILogger logger, string path, string reason);
}
